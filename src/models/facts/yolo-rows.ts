/**
 * YOLO detectors that sort out their boxes themselves, so that what they give needs no suppression: one row of six numbers for each box,
 * x1, y1, x2, y2, score, class (exports with nms=True, and versions 10 and 26, which are trained so: ultralytics/nn/modules/head.py,
 * Detect.postprocess, and engine/exporter.py, NMSModel), or the four outputs of TensorFlow's combined_non_max_suppression over such boxes
 * (yolov5/models/tf.py, TFDetect with tf_nms).
 */
import type { GraphWalk } from './graph-walk.ts';
import type { OutputQuestion } from './output-question.ts';
import type { OutputReading } from './reading.ts';
import { rolesByShapes } from './ssd-outputs.ts';
import { yoloGrid } from './yolo-grid.ts';

/** Most boxes that an export is made with is a few hundred. */
const mostRows = 1000;
const sorting = /^(TOPK_V2|NON_MAX_SUPPRESSION_V[45])$|NonMaxSuppression|TopK/i;

/** How many boxes an output of this shape holds; undefined when it is none. */
export function yoloRows(input: readonly number[], output: readonly number[]): number | undefined {
  const [batch, rows = 0, numbers] = output;
  const isOne = output.length === 3 && batch === 1 && numbers === 6 && rows >= 1 && rows <= mostRows;
  return isOne && yoloGrid(input, output) === undefined ? rows : undefined;
}

export function readYoloRows({ walk, metadata, statedTask }: OutputQuestion): OutputReading | undefined {
  if (statedTask !== undefined && statedTask !== 'detect') return undefined;
  const { inputs, outputs, operators } = walk.graph;
  if (outputs.length >= 3) {
    // Others of these shapes have y before x: the SSD family's.
    const names = metadata?.subgraphMetadata?.[0]?.outputTensorMetadata;
    const roles = rolesByShapes(
      outputs.map((index, at) => ({
        shape: walk.tensor(index).shape,
        names: [walk.tensor(index).name, names?.[at]?.name].filter((name) => name !== undefined),
      })),
    );
    return statedTask === 'detect' && roles !== undefined ? { decoder: 'yolo', roles } : undefined;
  }
  const [output] = outputs;
  const rows = outputs.length === 1 ? yoloRows(walk.tensor(inputs[0]!).shape, walk.tensor(output!).shape) : undefined;
  if (rows === undefined) return undefined;
  const what = `${rows} rows of 6 numbers, as a YOLO that sorts out its boxes itself does (x1, y1, x2, y2, score, class)`;
  if (walk.tensor(output!).type !== 'FLOAT32') {
    return {
      refusal: `it gives ${what}, but in 8 bits of one scale, which can't hold classes and scores at once; export it with float outputs, or with nms=False`,
    };
  }
  const sorts = operators.some((operator) => sorting.test(walk.nameOf(operator)));
  if (!sorts && statedTask === undefined) {
    return {
      refusal: `it gives ${what}, but nothing in the file says that it is one; set decoder: yolo if it is, or export it with nms=False`,
    };
  }
  const [score, classes] = classComesFirst(walk, output!) ? [5, 4] : [4, 5];
  return { decoder: 'yolo', roles: { rows: 0, score, class: classes } };
}

/** Numbers of classes are made of integers; where the part before the last is, and the last is not, the two are the other way round. */
function classComesFirst(walk: GraphWalk, output: number): boolean {
  const joined = walk.originOf(output);
  if (joined === undefined || walk.nameOf(joined) !== 'CONCATENATION' || joined.inputs.length !== 3) return false;
  const areNumbers = joined.inputs.map((index) => isCast(walk, index));
  return areNumbers[1] === true && areNumbers[2] === false;
}

function isCast(walk: GraphWalk, index: number): boolean {
  let maker = walk.makerOf(index);
  for (let steps = walk.graph.operators.length; maker !== undefined && steps > 0; steps--) {
    if (walk.nameOf(maker) === 'CAST') return true;
    if (!['RESHAPE', 'EXPAND_DIMS', 'SQUEEZE'].includes(walk.nameOf(maker))) return false;
    maker = walk.makerOf(maker.inputs[0]!);
  }
  return false;
}
