/** Quantization that a graph was trained with (FakeQuant): its ranges are the calibration, and weights lie on its steps. */
import { InputError } from '../../../errors.ts';
import { type Constant, isConstant, type Value } from '../graph.ts';
import { flagOf, numberOf } from '../graph-def.ts';
import { constantAt, type ImportCall, type Importer, type Importers, inputAt } from './family.ts';

interface Steps {
  readonly low: number;
  readonly high: number;
  readonly scale: number;
}

/**
 * The range moved so that 0 lies on a step: "nudging" of tensorflow/core/kernels/fake_quant_ops_functor.h.
 * @throws InputError for a range that is none
 */
function nudged({ node }: ImportCall, min: number, max: number): Steps {
  const lowest = flagOf(node, 'narrow_range') ? 1 : 0;
  const highest = 2 ** numberOf(node, 'num_bits', 8) - 1;
  if (!(max > min) || !Number.isFinite(max - min)) {
    throw new InputError(`${node.name} (${node.op}) quantizes between ${min} and ${max}: it was never trained.`);
  }
  const scale = (max - min) / (highest - lowest);
  const zeroPoint = Math.min(highest, Math.max(lowest, Math.round(lowest - min / scale)));
  return { low: (lowest - zeroPoint) * scale, high: (highest - zeroPoint) * scale, scale };
}

const onStep = (value: number, { low, high, scale }: Steps): number =>
  Math.floor((Math.min(Math.max(value, low), high) - low) / scale + 0.5) * scale + low;

function quantized(call: ImportCall, input: Constant, steps: readonly Steps[]): Value {
  const data = Float32Array.from(input.data, (value, at) => onStep(value, steps[at % steps.length]!));
  return { name: call.node.name, shape: input.shape, data };
}

/** What flows keeps its numbers in float, and brings its range along for 8 bits. */
function withRange(call: ImportCall, input: Value, { low, high }: Steps): Value {
  call.range(input, { low, high });
  return input;
}

const importVariables: Importer = (call) => {
  const input = inputAt(call, 0);
  const [min, max] = [constantAt(call, 1), constantAt(call, 2)];
  const steps = Array.from(min.data, (low, channel) => nudged(call, low, max.data[channel]!));
  if (isConstant(input)) return quantized(call, input, steps);
  const [own, ...others] = steps;
  if (own !== undefined && others.length === 0) return withRange(call, input, own);
  throw new InputError(`${call.node.name} (${call.node.op}) has a range for each channel of what flows.`);
};

const importArguments: Importer = (call) => {
  const input = inputAt(call, 0);
  const steps = nudged(call, numberOf(call.node, 'min', -6), numberOf(call.node, 'max', 6));
  return isConstant(input) ? quantized(call, input, [steps]) : withRange(call, input, steps);
};

export const fakeQuantImporters: Importers = {
  FakeQuantWithMinMaxVars: importVariables,
  FakeQuantWithMinMaxVarsPerChannel: importVariables,
  FakeQuantWithMinMaxArgs: importArguments,
  QuantizeAndDequantizeV2: importVariables,
  QuantizeAndDequantizeV3: importVariables,
  QuantizeAndDequantizeV4: importVariables,
};
