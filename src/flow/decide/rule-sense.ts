/** Rules seen against the cameras and models they wait for: minimum scores, and rules that can never fire. */
import type { RuleConfig } from '../../config/rules-section.ts';
import { concerns } from './conditions.ts';

/** The minimum scores that rules have for one camera: the tracker tells at once when a score crosses one of them. */
export function scoreMarks(rules: readonly RuleConfig[], camera: string): number[] {
  const marks = rules
    .filter((rule) => rule.camera === undefined || rule.camera === camera)
    .map((rule) => rule.minScore);
  return [...new Set(marks)].sort((a, b) => a - b);
}

/** What a camera can ever report. */
export interface CameraLabels {
  readonly camera: string;
  /** Labels of its model, or the ones it is limited to. */
  readonly labels: readonly string[];
}

/** A sentence for each rule whose label no camera it listens to can report: told in the log once the models are loaded. */
export function silentRules(rules: readonly RuleConfig[], cameras: readonly CameraLabels[]): string[] {
  return rules.flatMap((rule) => {
    const heard = cameras.filter(({ camera }) => rule.camera === undefined || rule.camera === camera);
    const canFire = heard.some(({ camera, labels }) => labels.some((label) => concerns(rule, { camera, label })));
    if (canFire) return [];
    const known = [...new Set(heard.flatMap(({ labels }) => labels))];
    const twin = known.find((label) => label.toLowerCase() === rule.label.trim().toLowerCase());
    const hint = twin === undefined ? `; known labels: ${listed(known)}.` : `; did you mean ${twin}?`;
    const where = rule.camera === undefined ? 'no camera' : `camera ${rule.camera} never`;
    return [`The rule ${rule.name} can't fire: ${where} reports the label ${rule.label}${hint}`];
  });
}

const longestList = 8;

function listed(labels: readonly string[]): string {
  if (labels.length === 0) return 'none';
  const more = labels.length > longestList ? ` and ${labels.length - longestList} more` : '';
  return `${labels.slice(0, longestList).join(', ')}${more}`;
}
