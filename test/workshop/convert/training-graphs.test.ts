/** Graphs that were frozen as they train: dropout by random numbers, and branches for training that a placeholder chooses. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { InputError } from '../../../src/errors.ts';
import type { Engine } from '../../../src/flow/infer/engine.ts';
import { convertGraph } from '../../../src/workshop/convert/convert-graph.ts';
import { importGraph } from '../../../src/workshop/convert/import-graph.ts';
import { readSource } from '../../../src/workshop/convert/sources/read-source.ts';
import { testRequiring } from '../../requiring.ts';
import { createEngine, largestDifference, reference, runModel } from './run-model.ts';
import { noise, TinyGraph } from './tiny-graph.ts';

let folder: string;
let engine: Engine;
test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'goby-training-graphs-'));
  engine = createEngine();
});
test.after.always(async () => {
  await engine?.stop();
  await rm(folder, { recursive: true, force: true });
});

const shape = [1, 12];

function dense(graph: TinyGraph, name: string, input: string, into: number, out: number): string {
  return graph.node(name, 'MatMul', [input, graph.floats(`${name}/w`, [into, out])]);
}

/** TensorFlow up to 1.12: x / keep * floor(keep + random). */
function firstDropout(graph: TinyGraph, input: string, keep: string): string {
  graph.node('drop/shape', 'Shape', [input]);
  graph.node('drop/RandomUniform', 'RandomUniform', ['drop/shape']);
  graph.node('drop/scaled', 'Mul', ['drop/RandomUniform', graph.floats('drop/span', [], [1])]);
  graph.node('drop/random_uniform', 'Add', ['drop/scaled', graph.floats('drop/min', [], [0])]);
  graph.node('drop/add', 'Add', [keep, 'drop/random_uniform']);
  graph.node('drop/Floor', 'Floor', ['drop/add']);
  graph.node('drop/div', 'RealDiv', [input, keep]);
  return graph.node('drop/mul', 'Mul', ['drop/div', 'drop/Floor']);
}

/** From 1.13 on: x * (1 / (1 - rate)) * (random >= rate). */
function secondDropout(graph: TinyGraph, input: string, rate: string): string {
  graph.node('drop/sub', 'Sub', [graph.floats('drop/one', [], [1]), rate]);
  graph.node('drop/truediv', 'RealDiv', [graph.floats('drop/one2', [], [1]), 'drop/sub']);
  graph.node('drop/scaled', 'Mul', [input, 'drop/truediv']);
  graph.node('drop/shape', 'Shape', [input]);
  graph.node('drop/random', 'RandomUniform', ['drop/shape']);
  graph.node('drop/GreaterEqual', 'GreaterEqual', ['drop/random', rate]);
  graph.node('drop/Cast', 'Cast', ['drop/GreaterEqual'], { DstT: { type: 'DT_FLOAT' } });
  return graph.node('drop/mul', 'Mul', ['drop/scaled', 'drop/Cast']);
}

/** TensorFlow 2.13 and later choose between the values and zeros. */
function thirdDropout(graph: TinyGraph, input: string, rate: string): string {
  graph.node('drop/scaled', 'Mul', [input, graph.floats('drop/scale', [], [2])]);
  graph.node('drop/shape', 'Shape', [input]);
  graph.node('drop/random', 'StatelessRandomUniformV2', ['drop/shape']);
  graph.node('drop/GreaterEqual', 'GreaterEqual', ['drop/random', rate]);
  return graph.node('drop/SelectV2', 'SelectV2', [
    'drop/GreaterEqual',
    'drop/scaled',
    graph.floats('drop/zero', [], [0]),
  ]);
}

type Dropout = (graph: TinyGraph, input: string, rate: string) => string;

function net(drop: Dropout | undefined, isPlaceholder: boolean): TinyGraph {
  const graph = new TinyGraph();
  graph.input('x', shape);
  dense(graph, 'first', 'x', 12, 8);
  graph.node('relu', 'Relu', ['first']);
  const rate = isPlaceholder ? graph.input('rate', []) : graph.floats('rate', [], [0.5]);
  dense(graph, 'last', drop === undefined ? 'relu' : drop(graph, 'relu', rate), 8, 3);
  graph.node('y', 'Softmax', ['last']);
  return graph;
}

const forms = { firstDropout, secondDropout, thirdDropout };
for (const [name, drop] of Object.entries(forms)) {
  for (const isPlaceholder of [false, true]) {
    testRequiring(
      [{ kind: 'runtime' }],
      `${name} with its rate ${isPlaceholder ? 'fed' : 'frozen'} lets everything through`,
      async (t) => {
        const file = join(folder, `${name}-${isPlaceholder}.pb`);
        await writeFile(file, net(drop, isPlaceholder).frozen());
        const { model, graph } = await convertGraph(await readSource(file), { cut: {} });
        t.deepEqual(
          graph.inputs.map((input) => input.name),
          ['x'],
        );
        const values = Float32Array.from(noise(12, 7));
        const expected = await reference(net(undefined, false), { name: 'x', shape, values }, 'y');
        const found = await runModel(engine, folder, model, new Uint8Array(values.buffer));
        t.true(largestDifference(found.outputs[0]!, expected.values) < 1e-6);
      },
    );
  }
}

/** The branch for training doubles, the other one leaves as it is; `flag` is fed. */
async function branching(flag: string) {
  const graph = new TinyGraph();
  graph.input('x', shape);
  dense(graph, 'first', 'x', 12, 8);
  graph.node(flag, 'Placeholder', [], { dtype: { type: 'DT_BOOL' } });
  graph.node('cond/Switch', 'Switch', ['first', flag]);
  graph.node('cond/double', 'Mul', ['cond/Switch:1', graph.floats('two', [], [2])]);
  graph.node('cond/same', 'Identity', ['cond/Switch']);
  graph.node('y', 'Merge', ['cond/same', 'cond/double']);
  const file = join(folder, `${flag.replaceAll('/', '-')}.pb`);
  await writeFile(file, graph.frozen());
  return readSource(file);
}

for (const flag of ['is_training', 'phase_train', 'training', 'net/is_train', 'keras_learning_phase', 'train_flag']) {
  test(`a placeholder named ${flag} is false at inference`, async (t) => {
    const { nodes, inputs } = importGraph(await branching(flag));
    t.deepEqual(
      inputs.map(({ name }) => name),
      ['x'],
    );
    t.deepEqual(
      nodes.map(({ kind }) => kind),
      ['dense'],
    );
  });
}

test('a placeholder that may mean anything is not guessed', async (t) => {
  for (const flag of ['use_gray', 'trainable_parts', 'is_testing']) {
    const def = await branching(flag);
    t.throws(() => importGraph(def), { instanceOf: InputError, message: new RegExp(`${flag}|Switch`) }, flag);
  }
});
