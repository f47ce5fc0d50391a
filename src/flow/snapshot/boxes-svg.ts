/** Boxes with captions as an SVG that is laid over a picture. */
import type { Box } from '../../geometry/boxes.ts';
import type { Detection } from '../interpret/detection.ts';

/** What is drawn for one object. Without a box nothing is. */
export type Mark = Pick<Detection, 'label' | 'score' | 'box'>;

/** Colours that stand apart also for colour-blind eyes: Okabe and Ito, https://jfly.uni-koeln.de/color/ */
const colours = ['#e69f00', '#56b4e9', '#009e73', '#f0e442', '#0072b2', '#d55e00', '#cc79a7'];

/** An SVG of the picture's size with a box and a caption per mark; labels are escaped. */
export function boxesSvg(marks: readonly Mark[], widthPx: number, heightPx: number): string {
  const { linePx, textPx } = strokes(widthPx, heightPx);
  const labels = [...new Set(marks.map(({ label }) => label))];
  const shapes = marks.flatMap(({ label, score, box }) => {
    if (box === undefined) return [];
    const colour = colours[labels.indexOf(label) % colours.length]!;
    const [x1, y1, x2, y2] = [box[0] * widthPx, box[1] * heightPx, box[2] * widthPx, box[3] * heightPx];
    const caption = `${escapeXml(label)} ${score.toFixed(2)}`;
    const captionY = isCaptionAbove(y1, textPx) ? y1 - textPx * 0.4 : y1 + textPx;
    return [
      `<rect x="${x1}" y="${y1}" width="${x2 - x1}" height="${y2 - y1}" fill="none" stroke="${colour}" stroke-width="${linePx}"/>`,
      `<text x="${x1 + linePx}" y="${captionY}" font-family="sans-serif" font-size="${textPx}" font-weight="bold" fill="${colour}" stroke="#000" stroke-width="${linePx * 1.5}" paint-order="stroke">${caption}</text>`,
    ];
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${widthPx}" height="${heightPx}">${shapes.join('')}</svg>`;
}

function strokes(widthPx: number, heightPx: number): { linePx: number; textPx: number } {
  const linePx = Math.max(2, Math.round(Math.min(widthPx, heightPx) / 200));
  return { linePx, textPx: Math.max(10, linePx * 7) };
}

const isCaptionAbove = (top: number, textPx: number): boolean => top > textPx * 1.4;

/** What a drawn box and its caption leave free of the object, in pixels: left, top, right and bottom. */
export function insideOfDrawnBox(box: Box, widthPx: number, heightPx: number): [number, number, number, number] {
  const { linePx, textPx } = strokes(widthPx, heightPx);
  const [x1, y1, x2, y2] = [box[0] * widthPx, box[1] * heightPx, box[2] * widthPx, box[3] * heightPx];
  const top = isCaptionAbove(y1, textPx) ? y1 : y1 + textPx * 1.4;
  return [x1 + linePx, top + linePx, x2 - linePx, y2 - linePx];
}

/** An SVG of the picture's size with what was looked at: white lines on dark ones, which are seen on every picture. */
export function regionsSvg(regions: readonly Box[], widthPx: number, heightPx: number): string {
  const linePx = Math.max(1, Math.round(Math.min(widthPx, heightPx) / 700));
  const shapes = regions.flatMap(([x1, y1, x2, y2]) => {
    const [x, y] = [x1 * widthPx, y1 * heightPx];
    const place = `x="${x}" y="${y}" width="${x2 * widthPx - x}" height="${y2 * heightPx - y}" fill="none"`;
    return [
      `<rect ${place} stroke="#000" stroke-opacity="0.5" stroke-width="${2 * linePx}"/>`,
      `<rect ${place} stroke="#fff" stroke-width="${linePx}" stroke-dasharray="${6 * linePx} ${6 * linePx}"/>`,
    ];
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${widthPx}" height="${heightPx}">${shapes.join('')}</svg>`;
}

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function escapeXml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => entities[character]!);
}
