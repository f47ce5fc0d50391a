/** A comparison as one page that needs nothing from elsewhere: accuracy against latency with the Pareto front, and the table. */
import { htmlText } from '../../text/html-text.ts';
import type { ComparedModel, Comparison } from './comparison.ts';
import { columnTitle, comparisonNotes, filledColumns, plotPoints, threadsText } from './comparison-table.ts';
import { paretoFront } from './pareto-front.ts';

const width = 860;
const height = 440;
const edge = { left: 64, right: 30, top: 24, bottom: 48 };

export function comparisonPage(comparison: Comparison): string {
  const columns = filledColumns(comparison);
  const rows = comparison.models.map(
    (model) => `<tr>${columns.map((column) => cell(column.cell(model), column.published === true)).join('')}</tr>`,
  );
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>goby compare</title>
<style>
body { font: 15px/1.5 sans-serif; margin: 2em auto; max-width: 75em; padding: 0 1em; color: #222; background: #fff; }
table { border-collapse: collapse; font-size: 13px; } .wide { overflow-x: auto; }
th, td { padding: 4px 8px; text-align: right; border-bottom: 1px solid #ddd; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; position: sticky; left: 0; background: #fff; }
.published { color: #777; font-style: italic; }
svg text { font: 12px sans-serif; fill: #222; } .axis { stroke: #999; } .grid { stroke: #eee; }
.front { fill: none; stroke: #555; stroke-dasharray: 5 4; } .v1 { fill: #2b6cb0; } .v2 { fill: #c05621; } .other { fill: #4a5568; }
.hollow { fill: #fff; stroke-width: 2.5; } .hollow.v1 { stroke: #2b6cb0; } .hollow.v2 { stroke: #c05621; } .hollow.other { stroke: #4a5568; }
</style>
<h1>MobileNets on this machine</h1>
<p>${htmlText(comparison.machine)}. ${threadsText(comparison)}, ${comparison.secondsEach} s each, in turns.</p>
${comparison.versions === undefined ? '' : `<p><strong>${htmlText(comparison.versions)}</strong></p>`}
${plot(comparison)}
<div class="wide"><table>
<thead><tr>${columns.map((column) => `<th${column.published === true ? ' class="published"' : ''}>${htmlText(columnTitle(column))}</th>`).join('')}</tr></thead>
<tbody>${rows.join('\n')}</tbody>
</table></div>
<ul>${comparisonNotes(comparison)
    .map((note) => `<li>${htmlText(note)}</li>`)
    .join('')}</ul>
</html>
`;
}

/** Latency on a logarithmic axis, since boards and models differ by factors. */
function plot(comparison: Comparison): string {
  const points = plotPoints(comparison);
  if (points.length === 0) return '<p>No accuracy is known, so there is no plot: give --image-dir or --coco.</p>';
  const x = logScale(points.map(({ latencyMs }) => latencyMs));
  const y = linearScale(points.map(({ accuracy }) => accuracy));
  const at = ({ latencyMs, accuracy }: { latencyMs: number; accuracy: number }): string =>
    `${x.place(latencyMs).toFixed(1)},${y.place(accuracy).toFixed(1)}`;
  const dots = points.map((point) => {
    const hollow = point.from.includes('published') ? ' hollow' : '';
    const [cx, cy] = at(point).split(',');
    const title = `${point.model.name}: ${point.latencyMs.toFixed(2)} ms, ${(100 * point.accuracy).toFixed(1)} % (${point.from})`;
    const turned = Number(cx) > width * 0.7 ? 'end' : 'start';
    const label = `<text x="${Number(cx) + (turned === 'end' ? -9 : 9)}" y="${Number(cy) + 4}" text-anchor="${turned}">${htmlText(point.model.name)}</text>`;
    return `<g><title>${htmlText(title)}</title><circle class="${kind(point.model)}${hollow}" cx="${cx}" cy="${cy}" r="6"/>${label}</g>`;
  });
  const front = paretoFront(points).map(at).join(' ');
  return `<svg viewBox="0 0 ${width} ${height}" width="100%" role="img" aria-label="accuracy against latency">
${x.ticks.map((tick) => `<line class="grid" x1="${x.place(tick)}" x2="${x.place(tick)}" y1="${edge.top}" y2="${height - edge.bottom}"/><text x="${x.place(tick)}" y="${height - edge.bottom + 18}" text-anchor="middle">${tick}</text>`).join('\n')}
${y.ticks.map((tick) => `<line class="grid" x1="${edge.left}" x2="${width - edge.right}" y1="${y.place(tick)}" y2="${y.place(tick)}"/><text x="${edge.left - 8}" y="${y.place(tick) + 4}" text-anchor="end">${(100 * tick).toFixed(0)} %</text>`).join('\n')}
<polyline class="front" points="${front}"/>
${dots.join('\n')}
<text x="${width / 2}" y="${height - 8}" text-anchor="middle">median latency, ms (less is better)</text>
</svg>
<p>Dashed: the Pareto front, the models that no other beats in both. Filled: accuracy measured here; hollow: published. Blue V1, orange V2.${sources(points.map(({ from }) => from))}</p>`;
}

function sources(from: readonly string[]): string {
  const different = [...new Set(from)];
  if (different.length < 2) return '';
  return ` The accuracies come from different photos (${htmlText(different.join('; '))}): only those of one kind can be compared.`;
}

function kind({ architecture }: ComparedModel): string {
  return architecture === undefined ? 'other' : `v${architecture.version}`;
}

interface Scale {
  readonly place: (value: number) => number;
  readonly ticks: readonly number[];
}

function logScale(values: readonly number[]): Scale {
  const low = Math.log(Math.min(...values) * 0.8);
  const high = Math.log(Math.max(...values) * 1.25);
  const span = width - edge.left - edge.right;
  const candidates = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000];
  return {
    place: (value) => edge.left + ((Math.log(value) - low) / (high - low)) * span,
    ticks: candidates.filter((tick) => Math.log(tick) >= low && Math.log(tick) <= high),
  };
}

function linearScale(values: readonly number[]): Scale {
  const low = Math.max(0, Math.floor(Math.min(...values) * 20 - 0.5) / 20);
  const high = Math.min(1, Math.ceil(Math.max(...values) * 20 + 0.5) / 20);
  const span = height - edge.top - edge.bottom;
  const steps = Math.round((high - low) / 0.05);
  return {
    place: (value) => height - edge.bottom - ((value - low) / (high - low)) * span,
    ticks: Array.from({ length: steps + 1 }, (_, step) => low + step * 0.05),
  };
}

const cell = (text: string, published: boolean): string =>
  `<td${published ? ' class="published"' : ''}>${htmlText(text)}</td>`;
