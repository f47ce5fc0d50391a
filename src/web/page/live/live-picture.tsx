/** One picture and what was seen in it, drawn together from one message. */
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { SeenFrame } from '../../../flow/view/seen.ts';
import type { Box } from '../../../geometry/boxes.ts';
import type { LiveFrame } from '../connection.ts';
import { text } from '../texts/text.ts';
import type { Area } from '../zones/areas.ts';
import { labelColour } from './label-colour.ts';
import { trailsOf } from './trails.ts';

export const allLayers = ['boxes', 'trails', 'regions', 'motion', 'zones', 'masks'] as const;
export type Layer = (typeof allLayers)[number];

export interface LivePictureProps {
  readonly frame: LiveFrame;
  readonly layers: ReadonlySet<Layer>;
  /** Zones, lines and masks of its camera. */
  readonly areas?: readonly Area[];
}

const noAreas: readonly Area[] = [];

export function LivePicture({ frame, layers, areas = noAreas }: LivePictureProps): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    if (canvas.current !== null) draw(canvas.current, frame, layers, areas);
  }, [frame, layers, areas]);
  const what =
    frame.seen.detections.map(({ label, score }) => `${label} ${Math.round(100 * score)} %`).join(', ') ||
    text('live.nothing');
  return (
    <canvas
      ref={canvas}
      width={frame.bitmap.width}
      height={frame.bitmap.height}
      role="img"
      aria-label={text('live.picture', { camera: frame.camera, what })}
    />
  );
}

function draw(
  canvas: HTMLCanvasElement,
  { bitmap, seen, camera }: LiveFrame,
  layers: ReadonlySet<Layer>,
  areas: readonly Area[],
): void {
  const context = canvas.getContext('2d');
  if (context === null) return;
  const { width, height } = bitmap;
  // A newer frame has closed it before this one was drawn.
  if (width === 0) return;
  context.drawImage(bitmap, 0, 0);
  // Lines and words as large on the screen, whatever the size of the picture: on a phone it is shown smaller than it is.
  const unit = Math.max(1, width / (canvas.clientWidth || 640));
  const outline = ([x1, y1, x2, y2]: Box): void =>
    context.strokeRect(x1 * width, y1 * height, (x2 - x1) * width, (y2 - y1) * height);
  context.font = `${Math.round(14 * unit)}px system-ui, sans-serif`;
  drawAreas(context, areas, { layers, width, height, unit });
  if (layers.has('motion')) drawBoxes(context, seen.motion ?? [], { colour: '#4fc3f7', unit, outline });
  if (layers.has('regions')) {
    context.setLineDash([6 * unit, 4 * unit]);
    for (const { box, reason } of seen.regions ?? []) {
      context.strokeStyle = '#ce93d8';
      context.lineWidth = 1.5 * unit;
      outline(box);
      caption(context, { words: reason, x: box[0] * width, y: box[3] * height, colour: '#ce93d8', unit });
    }
    context.setLineDash([]);
  }
  if (layers.has('trails')) drawTrails(context, trailsOf(camera, seen), { width, height, unit });
  if (layers.has('boxes')) drawDetections(context, seen, { width, height, unit, outline });
}

interface Pen {
  readonly colour: string;
  readonly unit: number;
  outline(box: Box): void;
}

function drawBoxes(context: CanvasRenderingContext2D, boxes: readonly Box[], { colour, unit, outline }: Pen): void {
  context.strokeStyle = colour;
  context.lineWidth = unit;
  for (const box of boxes) outline(box);
}

const areaColour = '#81c784';

interface Sheet {
  readonly width: number;
  readonly height: number;
  readonly unit: number;
}

function drawAreas(
  context: CanvasRenderingContext2D,
  areas: readonly Area[],
  { layers, width, height, unit }: Sheet & { readonly layers: ReadonlySet<Layer> },
): void {
  for (const { kind, name, points } of areas) {
    if (!layers.has(kind === 'mask' ? 'masks' : 'zones')) continue;
    context.beginPath();
    for (const [x, y] of points) context.lineTo(x * width, y * height);
    if (kind !== 'line') context.closePath();
    if (kind === 'mask') {
      context.fillStyle = '#0009';
      context.fill();
      continue;
    }
    context.strokeStyle = areaColour;
    context.lineWidth = 2 * unit;
    context.stroke();
    const [[x, y] = [0, 0]] = points;
    caption(context, { words: name, x: x * width, y: y * height, colour: areaColour, unit });
  }
}

function drawTrails(
  context: CanvasRenderingContext2D,
  trails: readonly (readonly (readonly [number, number])[])[],
  { width, height, unit }: Sheet,
): void {
  context.lineWidth = 2 * unit;
  context.strokeStyle = '#ffd54f';
  for (const trail of trails) {
    context.beginPath();
    for (const [x, y] of trail) context.lineTo(x * width, y * height);
    context.stroke();
  }
}

function drawDetections(
  context: CanvasRenderingContext2D,
  seen: SeenFrame,
  { width, height, unit, outline }: Sheet & { outline(box: Box): void },
): void {
  for (const { label, score, box, track, held } of seen.detections) {
    const colour = labelColour(label);
    const words = `${label} ${Math.round(100 * score)} %${track === undefined ? '' : ` #${track.slice(-3)}`}`;
    if (box === undefined) {
      caption(context, { words, x: 0, y: 22 * unit, colour, unit });
      continue;
    }
    context.strokeStyle = colour;
    context.lineWidth = 3 * unit;
    // Known to be there, though nobody looked right now.
    if (held) context.setLineDash([8 * unit, 5 * unit]);
    outline(box);
    context.setLineDash([]);
    caption(context, { words, x: box[0] * width, y: box[1] * height, colour, unit });
  }
}

interface Caption {
  readonly words: string;
  /** Of the lower left corner, in pixels. */
  readonly x: number;
  readonly y: number;
  readonly colour: string;
  readonly unit: number;
}

function caption(context: CanvasRenderingContext2D, { words, x, y, colour, unit }: Caption): void {
  const lineHeight = 18 * unit;
  const top = Math.max(0, y - lineHeight);
  const room = 4 * unit;
  context.fillStyle = colour;
  context.fillRect(x, top, context.measureText(words).width + 2 * room, lineHeight);
  context.fillStyle = '#000';
  context.fillText(words, x + room, top + lineHeight - 4 * unit);
}
