/** Where a picture goes in a tensor, in whole pixels, and the way back for boxes. */

import type { Placement } from '../../geometry/boxes.ts';
import type { Fit } from '../../models/model.ts';
import type { RotationDeg } from '../capture/frame.ts';

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

/** A part of the upright picture in whole pixels. */
export interface Region extends Size {
  readonly leftPx: number;
  readonly topPx: number;
}

/**
 * The square around a box, as classifiers want it: its side is the box's longer side with a margin on both ends. It may
 * reach beyond the picture.
 * @param box [x1, y1, x2, y2] as fractions of the upright picture
 * @param margin share of the longer side that is added at each end: 0.2 makes the square 1.4 times as long
 */
export function squareAround([x1, y1, x2, y2]: readonly number[], picture: Size, margin: number): Region {
  const { widthPx, heightPx } = picture;
  const longerPx = Math.max((x2! - x1!) * widthPx, (y2! - y1!) * heightPx);
  const sidePx = Math.max(1, Math.round(longerPx * (1 + 2 * margin)));
  return {
    leftPx: Math.round(((x1! + x2!) / 2) * widthPx - sidePx / 2),
    topPx: Math.round(((y1! + y2!) / 2) * heightPx - sidePx / 2),
    widthPx: sidePx,
    heightPx: sidePx,
  };
}

/** The part of a region that lies inside the picture; never under one pixel. */
export function insidePicture({ leftPx, topPx, widthPx, heightPx }: Region, picture: Size): Region {
  const left = Math.min(picture.widthPx - 1, Math.max(0, leftPx));
  const top = Math.min(picture.heightPx - 1, Math.max(0, topPx));
  return {
    leftPx: left,
    topPx: top,
    widthPx: Math.max(1, Math.min(picture.widthPx, leftPx + widthPx) - left),
    heightPx: Math.max(1, Math.min(picture.heightPx, topPx + heightPx) - top),
  };
}

/** The rows of a tensor that two regions share: half of it for each, the lower one a row more where they are odd. */
export function halvesOf({ widthPx, heightPx }: Size): [upper: Region, lower: Region] {
  const upperPx = Math.floor(heightPx / 2);
  return [
    { leftPx: 0, topPx: 0, widthPx, heightPx: upperPx },
    { leftPx: 0, topPx: upperPx, widthPx, heightPx: heightPx - upperPx },
  ];
}

/** Where in the tensor a picture is that fills a part of it: the geometry within the part, seen from the whole. */
export function withinTensor(
  { leftPx, topPx, widthPx, heightPx, placement }: Geometry,
  part: Region,
  tensor: Size,
): Geometry {
  const across = (x: number) => (part.leftPx + x * part.widthPx) / tensor.widthPx;
  const down = (y: number) => (part.topPx + y * part.heightPx) / tensor.heightPx;
  const { x0, y0, x1, y1 } = placement;
  return {
    leftPx: part.leftPx + leftPx,
    topPx: part.topPx + topPx,
    widthPx,
    heightPx,
    placement: { x0: across(x0), y0: down(y0), x1: across(x1), y1: down(y1) },
  };
}

/** Stretches a region over the tensor. What lies outside the picture stays padding. */
export function cropInto(region: Region, picture: Size, tensor: Size): Geometry {
  const inside = insidePicture(region, picture);
  const across = tensor.widthPx / region.widthPx;
  const down = tensor.heightPx / region.heightPx;
  const leftPx = Math.min(tensor.widthPx - 1, Math.max(0, Math.round((inside.leftPx - region.leftPx) * across)));
  const topPx = Math.min(tensor.heightPx - 1, Math.max(0, Math.round((inside.topPx - region.topPx) * down)));
  return {
    leftPx,
    topPx,
    widthPx: Math.min(tensor.widthPx - leftPx, Math.max(1, Math.round(inside.widthPx * across))),
    heightPx: Math.min(tensor.heightPx - topPx, Math.max(1, Math.round(inside.heightPx * down))),
    placement: {
      x0: -region.leftPx / region.widthPx,
      y0: -region.topPx / region.heightPx,
      x1: (picture.widthPx - region.leftPx) / region.widthPx,
      y1: (picture.heightPx - region.topPx) / region.heightPx,
    },
  };
}
