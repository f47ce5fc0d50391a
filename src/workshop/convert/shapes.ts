/** Arithmetic of shapes: sizes behind windows, broadcasting, axes. */
import { InputError } from '../../errors.ts';
import type { Padding, Window } from './graph.ts';

export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

export const sameShape = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((size, at) => size === b[at]);

/** Size of one dimension behind a window; formulas of tensorflow.org/api_docs/python/tf/nn#notes_on_padding_2. */
function windowSize(size: number, kernel: number, stride: number, padding: Padding): number {
  return padding === 'SAME' ? Math.ceil(size / stride) : Math.ceil((size - kernel + 1) / stride);
}

/** [height, width] of a picture behind a window. */
export function windowOutput(picture: readonly number[], window: Window, name: string): [number, number] {
  const [, height = 0, width = 0] = picture;
  const reachHeight = (window.height - 1) * window.dilationHeight + 1;
  const reachWidth = (window.width - 1) * window.dilationWidth + 1;
  const output: [number, number] = [
    windowSize(height, reachHeight, window.strideHeight, window.padding),
    windowSize(width, reachWidth, window.strideWidth, window.padding),
  ];
  if (picture.length !== 4 || output[0] < 1 || output[1] < 1) {
    throw new InputError(`${name} can't move a ${window.height}x${window.width} window over ${shapeText(picture)}.`);
  }
  return output;
}

/** Zeros that SAME adds before and behind one dimension. */
export function samePadding(size: number, kernel: number, stride: number): [number, number] {
  const total = Math.max((Math.ceil(size / stride) - 1) * stride + kernel - size, 0);
  return [Math.floor(total / 2), total - Math.floor(total / 2)];
}

export function broadcastShape(a: readonly number[], b: readonly number[], name: string): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, at) => {
    const left = a[at - rank + a.length] ?? 1;
    const right = b[at - rank + b.length] ?? 1;
    if (left !== right && left !== 1 && right !== 1) {
      throw new InputError(`${name} combines shapes that don't fit: ${shapeText(a)} and ${shapeText(b)}.`);
    }
    return left === 1 ? right : left;
  });
}

/** Axes without negatives, ascending. */
export function plainAxes(axes: readonly number[], rank: number, name: string): number[] {
  const plain = axes.map((axis) => (axis < 0 ? axis + rank : axis)).sort((a, b) => a - b);
  if (plain.some((axis) => axis < 0 || axis >= rank)) {
    throw new InputError(`${name} has the axes ${axes.join(', ')}, beyond the ${rank} dimensions of its input.`);
  }
  return plain;
}

/** A wanted shape whose one -1 is worked out. */
export function completeShape(wanted: readonly number[], size: number, name: string): number[] {
  const known = wanted.filter((dimension) => dimension >= 0).reduce((product, dimension) => product * dimension, 1);
  const complete = wanted.map((dimension) => (dimension < 0 ? size / known : dimension));
  if (sizeOf(complete) !== size || complete.some((dimension) => !Number.isInteger(dimension))) {
    throw new InputError(`${name} can't give ${size} values the shape ${shapeText(wanted)}.`);
  }
  return complete;
}

export const shapeText = (shape: readonly number[]): string => `[${shape.join(', ')}]`;
