/** Which labels does each camera follow, and does its model have them? */
import { type CameraLabelReport, labelReport } from '../agent/model-swap/label-report.ts';
import type { LoadedConfig } from '../config/load.ts';
import { type Finding, fail, ok, warn } from './finding.ts';

export async function labelFindings(loaded: LoadedConfig): Promise<Finding[]> {
  // A model that can't be looked at is a finding of its own.
  return (await labelReport(loaded)).filter(({ problem }) => problem === undefined).map(checkLabels);
}

const mostShown = 8;

export function checkLabels({ camera, model, known, followed, unknown }: CameraLabelReport): Finding {
  const part = `labels ${camera}`;
  const told = unknown.map(({ sentence }) => sentence).join(' ');
  if (unknown.some(({ isBlind }) => isBlind)) return fail(part, told);
  if (unknown.length > 0) return warn(part, told);
  if (known === undefined) return warn(part, `The model ${model} names no labels: what it finds is told by numbers.`);
  const count = `of the ${known.length} of ${model}`;
  return followed.length === 0
    ? ok(part, `Follows every one ${count}: ${listed(known)}.`)
    : ok(part, `Follows ${listed(followed)}, ${count}.`);
}

function listed(labels: readonly string[]): string {
  const more = labels.length > mostShown ? ` and ${labels.length - mostShown} more` : '';
  return `${labels.slice(0, mostShown).join(', ')}${more}`;
}
