/** YOLO detectors, told by the number of their boxes; its other tasks are told too, and refused. */
import type { GraphWalk } from './graph-walk.ts';
import type { OutputQuestion } from './output-question.ts';
import type { OutputReading } from './reading.ts';
import { yoloGrid } from './yolo-grid.ts';

const tasks: Readonly<Record<string, string>> = {
  pose: 'the points of bodies (pose)',
  segment: 'the outlines of things (segmentation)',
  obb: 'turned boxes (OBB)',
};

export function readYolo({ walk, statedTask }: OutputQuestion): OutputReading | undefined {
  const { inputs, outputs } = walk.graph;
  const input = walk.tensor(inputs[0]!).shape;
  const found = outputs.map((index) => yoloGrid(input, walk.tensor(index).shape));
  const at = found.findIndex((grid) => grid !== undefined);
  const grid = found[at];
  if (grid === undefined) return undefined;
  const task = tasks[statedTask ?? ''] ?? otherTask(walk, outputs, at);
  if (task !== undefined) return { refusal: `it is a YOLO that gives ${task}, not only boxes` };
  return { decoder: 'yolo', classes: grid.classes, ...(at === 0 ? {} : { roles: { boxes: at } }) };
}

/** Masks come with an output of prototypes; points and angles are joined to the boxes by the last operator. */
function otherTask(walk: GraphWalk, outputs: readonly number[], at: number): string | undefined {
  const hasPrototypes = outputs.some((index, position) => position !== at && walk.tensor(index).shape.length === 4);
  if (hasPrototypes) return tasks['segment'];
  const output = outputs[at]!;
  const joined = walk.originOf(output);
  if (joined === undefined || walk.nameOf(joined) !== 'CONCATENATION') return undefined;
  // [1, 4 + classes, n] and what else there is: boxes alone are joined from parts of at most four numbers and the classes.
  const grid = yoloGrid(walk.tensor(walk.graph.inputs[0]!).shape, walk.tensor(output).shape)!;
  const axis = grid.boxesFirst ? 2 : 1;
  const [first = 0, ...rest] = joined.inputs.map((index) => walk.tensor(index).shape[axis] ?? 0);
  const isDetectPlus = joined.inputs.length === 2 && first > 4 && !grid.hasObjectness;
  if (!isDetectPlus) return undefined;
  return rest[0] === 1 ? tasks['obb'] : rest[0]! % 3 === 0 || rest[0]! % 2 === 0 ? tasks['pose'] : undefined;
}
