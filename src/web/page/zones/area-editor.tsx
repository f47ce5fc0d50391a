/** The picture with the areas on it: corners are dragged with mouse or finger, or moved with the arrow keys. */
import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import type { Point } from '../../../geometry/polygon.ts';
import { text } from '../texts/text.ts';
import { type Area, troubleOf } from './areas.ts';

interface Props {
  /** Address of the picture behind; undefined: none yet. */
  readonly picture: string | undefined;
  /** Width by height of the picture. */
  readonly ratio: number;
  readonly areas: readonly Area[];
  readonly chosen: number;
  onChoose(at: number): void;
  onChange(at: number, points: readonly Point[]): void;
}

/** Of the drawing: fractions of the frame times this. */
const scale = 1000;
const keyStep = 0.005;

export function AreaEditor({ picture, ratio, areas, chosen, onChoose, onChange }: Props): JSX.Element {
  const drawing = useRef<SVGSVGElement>(null);
  const height = scale / ratio;
  const place = ([x, y]: Point): [number, number] => [x * scale, y * height];
  const pointOf = (event: PointerEvent): Point => {
    const { left, top, width, height: tall } = drawing.current!.getBoundingClientRect();
    return [fraction((event.clientX - left) / width), fraction((event.clientY - top) / tall)];
  };
  const move = (area: number, corner: number, point: Point): void =>
    onChange(
      area,
      areas[area]!.points.map((old, at) => (at === corner ? point : old)),
    );
  const chosenArea = areas[chosen];
  return (
    // biome-ignore lint/a11y/useSemanticElements: a drawing with handles is a group of controls, not a field set.
    <svg
      ref={drawing}
      class="area-editor"
      viewBox={`0 0 ${scale} ${height}`}
      role="group"
      aria-label={text('zones.picture')}
      onPointerDown={(event) => {
        // Beside every handle: a new corner at the end of what is being drawn.
        if ((event.target as Element).closest('.handle') !== null || chosenArea === undefined) return;
        if (chosenArea.kind === 'line' && chosenArea.points.length >= 2) return;
        onChange(chosen, [...chosenArea.points, pointOf(event)]);
      }}
    >
      {picture !== undefined && <image href={picture} width={scale} height={height} preserveAspectRatio="none" />}
      {areas.map((area, at) => {
        const corners = area.points.map((point) => place(point).join(',')).join(' ');
        const look = `area is-${area.kind}${at === chosen ? ' is-chosen' : ''}${troubleOf(area) === undefined ? '' : ' is-wrong'}`;
        return area.kind === 'line' ? (
          <g key={`${area.kind}-${area.name}`} class={look}>
            <polyline points={corners} />
            {area.points.length === 2 && <Side from={place(area.points[0]!)} to={place(area.points[1]!)} />}
          </g>
        ) : (
          <g key={`${area.kind}-${area.name}`} class={look}>
            <polygon points={corners} />
          </g>
        );
      })}
      {areas.map(({ points, name, kind }, area) =>
        points.map((point, corner) => (
          <circle
            key={`${kind}-${name}-${corner}`}
            class={`handle${area === chosen ? ' is-chosen' : ''}`}
            cx={place(point)[0]}
            cy={place(point)[1]}
            r={area === chosen ? 14 : 8}
            tabIndex={0}
            role="slider"
            aria-label={text('zones.corner', { name, number: corner + 1 })}
            aria-valuenow={Math.round(100 * point[0])}
            aria-valuetext={`${Math.round(100 * point[0])} %, ${Math.round(100 * point[1])} %`}
            onFocus={() => onChoose(area)}
            onPointerDown={(event) => {
              onChoose(area);
              event.currentTarget.setPointerCapture(event.pointerId);
            }}
            onPointerMove={(event) => {
              if (event.currentTarget.hasPointerCapture(event.pointerId)) move(area, corner, pointOf(event));
            }}
            onKeyDown={(event) => {
              const [x, y] = point;
              const step = event.shiftKey ? 10 * keyStep : keyStep;
              const next: Readonly<Record<string, Point>> = {
                ArrowLeft: [fraction(x - step), y],
                ArrowRight: [fraction(x + step), y],
                ArrowUp: [x, fraction(y - step)],
                ArrowDown: [x, fraction(y + step)],
              };
              const moved = next[event.key];
              if (moved !== undefined) move(area, corner, moved);
              else if (event.key === 'Delete') {
                onChange(
                  area,
                  points.filter((_, at) => at !== corner),
                );
              } else return;
              event.preventDefault();
            }}
          />
        )),
      )}
    </svg>
  );
}

/** Which side of a line is `in`: to the right of one who walks along it. */
function Side({
  from: [x1, y1],
  to: [x2, y2],
}: {
  readonly from: [number, number];
  readonly to: [number, number];
}): JSX.Element {
  const length = Math.hypot(x2 - x1, y2 - y1) || 1;
  const [middleX, middleY] = [(x1 + x2) / 2, (y1 + y2) / 2];
  const [towardsX, towardsY] = [middleX - (40 * (y2 - y1)) / length, middleY + (40 * (x2 - x1)) / length];
  return (
    <>
      <line x1={middleX} y1={middleY} x2={towardsX} y2={towardsY} />
      <text x={towardsX} y={towardsY}>
        {text('zones.in')}
      </text>
    </>
  );
}

function fraction(value: number): number {
  return Math.round(1000 * Math.min(1, Math.max(0, value))) / 1000;
}
