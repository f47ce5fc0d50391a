/** A training as text for the terminal. */
import { resolve } from 'node:path';
import { table } from '../../terminal/table.ts';
import {
  accuracyRows,
  accuracyTitles,
  configLines,
  percentText,
  type TrainingReport,
  timeRows,
  timeTexts,
  trialText,
} from './report.ts';

const worst = 5;

export function reportText(report: TrainingReport, modelName: string): string {
  const { labels, quantized, notes } = report;
  return [
    table(accuracyTitles, accuracyRows(report)),
    trialText(report),
    '',
    table(
      ['class', 'training', 'test', 'precision', 'recall', ...labels.map((label) => `said ${label}`)],
      labels.map((label, at) => {
        const { photos, precision, recall } = quantized.classes[at]!;
        return [
          label,
          report.perClass[at]!,
          photos,
          percentText(precision),
          percentText(recall),
          ...quantized.confusion[at]!,
        ];
      }),
    ),
    ...(quantized.mistakes.length === 0
      ? []
      : [
          '\nmost confidently wrong of the test photos:',
          ...quantized.mistakes
            .slice(0, worst)
            .map(({ photo, said, score }) => `  ${photo}: ${labels[said]} ${score.toFixed(2)}`),
        ]),
    '',
    table(['phase', 'seconds'], timeRows(report)),
    ...timeTexts(report),
    `${report.inferences} inferences on ${report.backend}; base ${report.base}, ${report.method}${report.steps === undefined ? '' : `, ${report.steps} steps`}`,
    ...notes,
    '',
    `${report.model}  ${report.bytes} bytes, sha256 ${report.sha256}`,
    ...(report.edgetpuModel === undefined ? [] : [`${report.edgetpuModel}  its twin for the Edge TPU`]),
    `${report.labelsFile}  labels, which are inside the model too`,
    '\nRun it with:',
    configLines(modelName, resolve(report.model)),
  ].join('\n');
}
