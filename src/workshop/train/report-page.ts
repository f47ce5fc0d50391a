/** A training as one page that needs nothing from elsewhere: accuracies, confusion matrix, learning curve, mistakes as thumbnails. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openPicture } from '../../flow/capture/open-picture.ts';
import { htmlText } from '../../text/html-text.ts';
import {
  accuracyRows,
  accuracyTitles,
  percentText,
  type TrainingReport,
  timeRows,
  timeTexts,
  trialText,
} from './report.ts';
import type { Curve } from './softmax-regression.ts';

const thumbnails = 24;
const thumbnailPx = 144;

/** @param imageDir where the photos of the mistakes lie */
export async function reportPage(report: TrainingReport, imageDir: string): Promise<string> {
  const { labels, quantized } = report;
  const mistakes = await Promise.all(
    quantized.mistakes.slice(0, thumbnails).map(async ({ photo, truth, said, score }) => {
      const picture = await thumbnail(join(imageDir, photo));
      return `<figure>${picture}<figcaption>${htmlText(photo)}<br>is ${htmlText(labels[truth]!)}, said ${htmlText(labels[said]!)} ${score.toFixed(2)}</figcaption></figure>`;
    }),
  );
  const row = (cells: readonly (string | number)[], tag = 'td') =>
    `<tr>${cells.map((cell) => `<${tag}>${htmlText(String(cell))}</${tag}>`).join('')}</tr>`;
  const most = Math.max(1, ...quantized.confusion.flat());
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${htmlText(report.model)}</title>
<style>
body { font: 15px/1.5 sans-serif; margin: 2em auto; max-width: 70em; padding: 0 1em; color: #222; background: #fff; }
table { border-collapse: collapse; margin: 1em 0; } th, td { padding: 4px 10px; border-bottom: 1px solid #ddd; text-align: right; }
th:first-child, td:first-child { text-align: left; } .mistakes { display: flex; flex-wrap: wrap; gap: 12px; }
figure { margin: 0; width: ${thumbnailPx}px; font-size: 12px; } figure img { width: 100%; }
svg text { font: 12px sans-serif; } .axes { fill: none; stroke: #999; } .training { fill: none; stroke: #2b6cb0; } .validation { fill: none; stroke: #c05621; stroke-width: 2; }
</style>
<h1>${htmlText(report.labels.join(', '))}</h1>
<p>${htmlText(report.model)}, ${report.bytes.toLocaleString('en')} bytes. Base ${htmlText(report.base)}, ${report.method}, run on ${report.backend}.</p>
${report.notes.map((note) => `<p>${htmlText(note)}</p>`).join('\n')}
<table>${row(accuracyTitles, 'th')}
${accuracyRows(report)
  .map((cells) => row(cells))
  .join('\n')}</table>
<p>${trialText(report)}</p>
<h2>Test photos: what they are, and what was said</h2>
<table><tr><th></th>${labels.map((label) => `<th>${htmlText(label)}</th>`).join('')}<th>precision</th><th>recall</th></tr>
${labels
  .map((label, truth) => {
    const { precision, recall } = quantized.classes[truth]!;
    const cells = quantized.confusion[truth]!.map(
      (count, said) =>
        `<td style="background: ${said === truth ? 'rgba(43,108,176,' : 'rgba(192,86,33,'}${((0.7 * count) / most).toFixed(2)})">${count}</td>`,
    );
    return `<tr><td>${htmlText(label)}</td>${cells.join('')}<td>${percentText(precision)}</td><td>${percentText(recall)}</td></tr>`;
  })
  .join('\n')}</table>
${curveDrawing(report.curve)}
<h2>Most confidently wrong</h2>
${mistakes.length === 0 ? '<p>None of the test photos.</p>' : `<div class="mistakes">${mistakes.join('\n')}</div>`}
<h2>Time</h2>
<table>${timeRows(report)
    .map(([name, seconds]) => row([name, `${seconds} s`]))
    .join('\n')}</table>
${timeTexts(report)
  .map((text) => `<p>${text}</p>`)
  .join('\n')}
${report.unreadable.length === 0 ? '' : `<h2>Left out</h2><ul>${report.unreadable.map(({ photo, reason }) => `<li>${htmlText(photo)}: ${htmlText(reason)}</li>`).join('')}</ul>`}
</html>
`;
}

/** Nothing for a photo that has gone meanwhile: the page is worth having without it. */
async function thumbnail(file: string): Promise<string> {
  const bytes = await readFile(file)
    .then((content) =>
      openPicture(content)
        .resize(thumbnailPx, thumbnailPx, { fit: 'inside' })
        .flatten({ background: '#fff' })
        .jpeg({ quality: 70 })
        .toBuffer(),
    )
    .catch(() => undefined);
  if (bytes === undefined) return '';
  return `<img alt="" src="data:image/jpeg;base64,${bytes.toString('base64')}">`;
}

function curveDrawing(curve: readonly Curve[]): string {
  if (curve.length < 2) return '';
  const [width, height] = [640, 240];
  const top = Math.max(...curve.flatMap(({ trainingLoss, validationLoss }) => [trainingLoss, validationLoss]), 1e-6);
  const last = curve.at(-1)!.step;
  const line = (loss: (point: Curve) => number): string =>
    curve
      .map(
        (point) => `${((point.step / last) * width).toFixed(1)},${(height - (loss(point) / top) * height).toFixed(1)}`,
      )
      .join(' ');
  return `<h2>Learning</h2>
<svg viewBox="-10 -10 ${width + 20} ${height + 40}" width="${width}" role="img" aria-label="loss by step">
<path class="axes" d="M0,0 V${height} H${width}"/>
<polyline class="training" points="${line(({ trainingLoss }) => trainingLoss)}"/>
<polyline class="validation" points="${line(({ validationLoss }) => validationLoss)}"/>
<text x="0" y="${height + 20}">loss from 0 to ${top.toFixed(3)} over ${last} steps; blue: training, orange: validation</text>
</svg>`;
}
