/** Finds the weights of layers in the two ways that Keras keeps them: by the path of their name, or by number in the order of layers. */
import type { TensorValue } from '../graph-def.ts';
import type { Hdf5Group } from './hdf5.ts';
import type { KerasLayer, KerasModel } from './keras-config.ts';
import type { KerasWeights } from './layer-writer.ts';

/**
 * Weights by path: `conv/kernel`, `conv/conv/kernel:0`, `inner model/conv/kernel`. The last part is the weight, what stands before it
 * ends with the layer's name, which may hold slashes itself.
 * @param entries values are read when their layer is found
 */
export function weightsByPath(
  entries: readonly { readonly path: string; readonly read: () => TensorValue }[],
): KerasWeights {
  const parts = entries.map(({ path, read }) => {
    const at = path.lastIndexOf('/');
    return { folder: path.slice(0, Math.max(0, at)), name: path.slice(at + 1), path, read };
  });
  return {
    of: (models, layer) => {
      const fits = parts.filter(({ folder }) => folder === layer.name || folder.endsWith(`/${layer.name}`));
      const outermost = models[0] ?? layer.name;
      // Two models may hold layers of one name.
      const within = fits.filter(({ path }) => path.startsWith(`${outermost}/`));
      const found = new Map<string, TensorValue>();
      for (const { name, read } of within.length > 0 ? within : fits) {
        const plain = name.replace(/:\d+$/, '');
        if (!found.has(plain)) found.set(plain, read());
        // Made twice in one program, TensorFlow numbers the variables of a layer.
        const unnumbered = plain.replace(/_\d+$/, '');
        if (!found.has(unnumbered)) found.set(unnumbered, found.get(plain)!);
      }
      return found;
    },
  };
}

/** Where a model keeps its layers in a file of weights, by the version of Keras. */
const containers = ['layers', '_layer_checkpoint_dependencies', '_layers', '_self_tracked_trackables'];

/** Weights of `model.weights.h5` inside of a .keras file: groups by class and number, and in each `vars/0`, `vars/1`, ... */
export function weightsInStore(root: Hdf5Group, model: KerasModel): KerasWeights {
  return {
    of: (path, layer) => {
      let place: { readonly group: Hdf5Group; readonly model: KerasModel } | undefined = { group: root, model };
      for (const name of path) {
        const group: Hdf5Group | undefined = groupOf(place.group, place.model, name);
        const inner: KerasModel | undefined = place.model.layers.find((one) => one.name === name)?.model;
        if (group === undefined || inner === undefined) return new Map();
        place = { group, model: inner };
      }
      const vars = groupOf(place.group, place.model, layer.name)?.group('vars');
      if (vars === undefined) return new Map();
      const values = [...vars.keys].sort((a, b) => Number(a) - Number(b)).flatMap((key) => vars.numbers(key) ?? []);
      return new Map(
        weightNames(layer)
          .map((name, at) => [name, values[at]] as const)
          .filter(isThere),
      );
    },
  };
}

const isThere = (entry: readonly [string, TensorValue | undefined]): entry is readonly [string, TensorValue] =>
  entry[1] !== undefined;

function groupOf(root: Hdf5Group, model: KerasModel, name: string): Hdf5Group | undefined {
  // A Sequential model keeps a Functional one inside.
  const holders = [root, root.group('_functional')].filter((group) => group !== undefined);
  for (const holder of holders) {
    for (const key of containers) {
      const container = holder.group(key);
      const found = container === undefined ? undefined : childNamed(container, model, name);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

/** By the name that newer files note; else by the class in snake case and its number among those of its class. */
function childNamed(container: Hdf5Group, model: KerasModel, name: string): Hdf5Group | undefined {
  const isNoted = container.keys.some((key) => container.group(key)?.group('vars')?.text('name') !== undefined);
  if (isNoted) {
    const noted = container.keys.find((key) => container.group(key)?.group('vars')?.text('name') === name);
    if (noted !== undefined) return container.group(noted);
  }
  const className = model.order.find((one) => one.name === name)?.className ?? '';
  const sameClass = model.order.filter((one) => snakeCase(one.className) === snakeCase(className));
  const number = sameClass.findIndex((one) => one.name === name);
  const counted = `${snakeCase(className)}${number > 0 ? `_${number}` : ''}`;
  return container.group(counted) ?? container.group(name);
}

/** As Keras does it: DepthwiseConv2D is depthwise_conv2d, ReLU is re_lu. */
const snakeCase = (name: string): string =>
  name
    .replaceAll(/\W+/g, '')
    .replaceAll(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replaceAll(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();

/** In the order in which a layer makes its weights: those that are trained first. */
function weightNames({ className, config }: KerasLayer): string[] {
  switch (className) {
    case 'SeparableConv2D':
      return ['depthwise_kernel', 'pointwise_kernel', 'bias'];
    case 'DepthwiseConv2D':
      return ['depthwise_kernel', 'bias'];
    case 'BatchNormalization': {
      const trained = [config['scale'] === false ? [] : ['gamma'], config['center'] === false ? [] : ['beta']].flat();
      return [...trained, 'moving_mean', 'moving_variance'];
    }
    case 'LayerNormalization':
      return ['gamma', 'beta'];
    case 'Normalization':
      return ['mean', 'variance', 'count'];
    case 'PReLU':
      return ['alpha'];
    default:
      return ['kernel', 'bias'];
  }
}
