/** Labels in a change of settings, held against the models that run: one that no model gives would blind a camera or a rule. */
import type { Config } from '../../config/schema.ts';
import { InputError } from '../../errors.ts';
import { type LabelledModel, unknownLabels } from '../model-swap/unknown-labels.ts';
import { silentRulesOf } from '../rule-warnings.ts';

type Judged = Pick<Config, 'cameras' | 'rules'>;

export interface LabelChange {
  readonly before: Judged;
  readonly next: Judged;
  /** The model that a camera uses now; undefined: it isn't known. */
  modelOf(camera: string): LabelledModel | undefined;
}

/** What was so before the change is no fault of it. @throws InputError for each label that the change brings and no model has */
export function checkLabelChange({ before, next, modelOf }: LabelChange): void {
  const known = new Set(unknownSentences(before, modelOf));
  const unknown = unknownSentences(next, modelOf).filter((sentence) => !known.has(sentence));
  // A camera may well be told to follow less than older rules wait for: only rules that are new are judged.
  const old = new Set(before.rules.map((rule) => JSON.stringify(rule)));
  const rules = next.rules.filter((rule) => !old.has(JSON.stringify(rule)));
  const silent = silentRulesOf({ ...next, rules }, (camera) => modelOf(camera)?.labels);
  if (unknown.length + silent.length > 0) {
    throw new InputError(`The change doesn't fit: ${[...unknown, ...silent].join(' ')}`);
  }
}

function unknownSentences({ cameras }: Judged, modelOf: LabelChange['modelOf']): string[] {
  return Object.entries(cameras).flatMap(([camera, config]) => {
    const model = modelOf(camera);
    return model === undefined ? [] : unknownLabels(camera, config, model).map(({ sentence }) => sentence);
  });
}
