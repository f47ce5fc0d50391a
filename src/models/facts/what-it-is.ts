/** What a model is that goby can't read, in words, so that its user knows that no setting will help. */
import type { GraphWalk } from './graph-walk.ts';

/** The end of a sentence that starts with the model. */
export function whatItIs(walk: GraphWalk): string {
  const { inputs, outputs } = walk.graph;
  const [, heightPx = 0, widthPx = 0] = walk.tensor(inputs[0]!).shape;
  const shapes = outputs.map((index) => walk.tensor(index).shape);
  for (const shape of shapes) {
    const kind = kindOf(shape, heightPx, widthPx);
    if (kind !== undefined) return kind;
  }
  const told = shapes.map((shape) => `[${shape.join(', ')}]`).join(', ');
  return `its outputs ${told} are neither scores of classes nor boxes of a detector that goby knows`;
}

function kindOf(shape: readonly number[], heightPx: number, widthPx: number): string | undefined {
  const [batch, second = 0, third = 0, last = 0] = shape;
  if (shape.length === 4 && batch === 1 && second === 1 && last === 3) {
    return `it tells where ${third} points of a body are (pose, as MoveNet does)`;
  }
  if (shape.length === 3 && batch === 1 && third === 56)
    return 'it tells where the points of several bodies are (pose)';
  if (shape.length !== 4 || batch !== 1 || second < 2 || third < 2) return undefined;
  if (last === 17 || last === 34) return 'it tells where the points of bodies are (pose, as PoseNet does)';
  const isLarge = second * 4 >= heightPx && third * 4 >= widthPx;
  if (last === 1 || last === 3)
    return isLarge ? `it makes a picture of ${third}x${second} (depth, mask or style)` : undefined;
  return isLarge
    ? `it gives every pixel a class (segmentation, ${last} classes on ${third}x${second})`
    : `it gives features of a picture ([${shape.join(', ')}]), not the scores of classes`;
}
