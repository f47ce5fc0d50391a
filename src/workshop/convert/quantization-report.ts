/** A page that draws what quantizing did to each layer: the range of its activations and how far 8 bits stray. */
import { htmlText } from '../../text/html-text.ts';
import type { LayerAgreement } from './quantize/compare-with-float.ts';

const rowHeight = 18;
const barWidth = 360;
const left = 380;

/** HTML with one drawing inside; needs nothing from elsewhere. */
export function quantizationReport(title: string, layers: readonly LayerAgreement[]): string {
  const widest = Math.max(1e-9, ...layers.map(({ low, high }) => Math.max(Math.abs(low), Math.abs(high))));
  const worst = Math.max(1e-9, ...layers.map(relativeError));
  const height = (layers.length + 2) * rowHeight;
  const width = left + 2 * barWidth + 260;
  const rows = layers.map((layer, at) => row(layer, at + 1.5, { widest, worst }));
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>${htmlText(title)}</title>
<style>
body { font: 14px sans-serif; margin: 2em; color: #222; background: #fff; }
svg text { font: 11px sans-serif; fill: #222; }
.range { fill: #9db8d9; } .error { fill: #d98b5f; } .axis { stroke: #888; } .number { fill: #666; }
</style>
<h1>${htmlText(title)}</h1>
<p>Left: range of the float activations on the photos, the widest is ${number(widest)}. Right: mean error of the 8-bit layer as a
share of that range, the worst is ${percent(worst)}.</p>
<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" role="img" aria-label="ranges and errors by layer">
<text x="${left}" y="12">range</text><text x="${left + barWidth + 120}" y="12">mean error</text>
<line class="axis" x1="${left + barWidth / 2}" x2="${left + barWidth / 2}" y1="16" y2="${height}"/>
${rows.join('\n')}
</svg>
</html>
`;
}

/** Mean error as a share of the range that the layer uses. */
export function relativeError({ meanError, low, high }: LayerAgreement): number {
  return high > low ? meanError / (high - low) : 0;
}

function row(layer: LayerAgreement, line: number, { widest, worst }: { widest: number; worst: number }): string {
  const y = line * rowHeight;
  const middle = left + barWidth / 2;
  const x = (value: number): number => middle + (value / widest) * (barWidth / 2);
  const start = x(Math.min(layer.low, 0));
  const error = relativeError(layer);
  const errorX = left + barWidth + 120;
  const name = layer.name.length > 58 ? `...${layer.name.slice(-55)}` : layer.name;
  return [
    `<g><title>${htmlText(layer.name)} (${layer.kind}): cosine ${layer.cosine.toFixed(4)}, largest error ${number(layer.maxError)}</title>`,
    `<text x="0" y="${y}">${htmlText(name)}</text>`,
    `<rect class="range" x="${start.toFixed(1)}" y="${y - 10}" width="${Math.max(1, x(layer.high) - start).toFixed(1)}" height="12"/>`,
    `<text class="number" x="${left + barWidth + 4}" y="${y}">${number(layer.low)}..${number(layer.high)}</text>`,
    `<rect class="error" x="${errorX}" y="${y - 10}" width="${((error / worst) * barWidth).toFixed(1)}" height="12"/>`,
    `<text class="number" x="${errorX + (error / worst) * barWidth + 4}" y="${y}">${percent(error)}</text></g>`,
  ].join('');
}

const number = (value: number): string => String(Number(value.toPrecision(3)));
const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;
