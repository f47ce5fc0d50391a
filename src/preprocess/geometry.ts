/** Where a picture goes in a tensor, in whole pixels, and the way back for boxes. */
import type { RotationDeg } from '../capture/frame.ts';
import type { Fit, Placement } from './tensor.ts';

export interface Size {
  readonly widthPx: number;
  readonly heightPx: number;
}

/** The part of the tensor that the picture fills, and the same as fractions. */
export interface Geometry extends Size {
  readonly leftPx: number;
  readonly topPx: number;
  readonly placement: Placement;
}

/** Size after the rotation. */
export function upright({ widthPx, heightPx }: Size, rotationDeg: RotationDeg): Size {
  return rotationDeg === 90 || rotationDeg === 270 ? { widthPx: heightPx, heightPx: widthPx } : { widthPx, heightPx };
}

/** Letterbox centres the picture at its own ratio; stretch fills the tensor. Never under one pixel. */
export function fitInto(picture: Size, tensor: Size, fit: Fit): Geometry {
  const scale = Math.min(tensor.widthPx / picture.widthPx, tensor.heightPx / picture.heightPx);
  const size =
    fit === 'stretch'
      ? tensor
      : {
          widthPx: Math.max(1, Math.round(picture.widthPx * scale)),
          heightPx: Math.max(1, Math.round(picture.heightPx * scale)),
        };
  const leftPx = Math.floor((tensor.widthPx - size.widthPx) / 2);
  const topPx = Math.floor((tensor.heightPx - size.heightPx) / 2);
  return {
    ...size,
    leftPx,
    topPx,
    placement: {
      x0: leftPx / tensor.widthPx,
      y0: topPx / tensor.heightPx,
      x1: (leftPx + size.widthPx) / tensor.widthPx,
      y1: (topPx + size.heightPx) / tensor.heightPx,
    },
  };
}
