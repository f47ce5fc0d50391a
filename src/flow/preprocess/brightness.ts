/** How bright a frame is where: its own plane Y, or the green of its decoded pixels, turned upright. */
import type { Brightness } from '../../geometry/brightness.ts';
import type { Frame } from '../capture/frame.ts';
import type { DecodedFrame } from './decoded-frame.ts';
import { upright } from './geometry.ts';

/** Nothing is copied: it is valid for as long as the frame is held. @param frame planes, or decoded */
export function brightnessOf(frame: Frame | DecodedFrame): Brightness {
  const { widthPx, heightPx, bytes, strideBytes, rotationDeg } = frame;
  const size = upright(frame, rotationDeg);
  if (frame.format === 'rgb24') return { ...size, bytes, first: 1, across: 3, down: strideBytes };
  const lastRow = (heightPx - 1) * strideBytes;
  switch (rotationDeg) {
    case 0:
      return { ...size, bytes, first: 0, across: 1, down: strideBytes };
    case 90:
      return { ...size, bytes, first: lastRow, across: -strideBytes, down: 1 };
    case 180:
      return { ...size, bytes, first: lastRow + widthPx - 1, across: -1, down: -strideBytes };
    case 270:
      return { ...size, bytes, first: widthPx - 1, across: strideBytes, down: -1 };
  }
}
