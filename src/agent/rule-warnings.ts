/** Tells, once the models are loaded, which rules can never fire. */
import type { Config } from '../config/schema.ts';
import { silentRules } from '../flow/decide/rule-sense.ts';
import { followedLabels } from '../flow/track/followed-labels.ts';
import type { Logger } from '../logger.ts';
import type { Model } from '../models/model.ts';

/** Says nothing when a camera's labels aren't known: its rules can't be judged. */
export function warnOfSilentRules(
  { cameras, rules }: Pick<Config, 'cameras' | 'rules'>,
  models: ReadonlyMap<string, Pick<Model, 'labels'>>,
  logger: Logger,
): void {
  const heard = Object.entries(cameras).map(([camera, { labels, model }]) => ({
    camera,
    labels: heardLabels(labels, models.get(model)?.labels),
  }));
  if (heard.some(({ labels }) => labels.length === 0)) return;
  for (const warning of silentRules(rules, heard)) logger.warn(warning);
}

function heardLabels(
  configured: readonly string[] | undefined,
  known: readonly string[] | undefined,
): readonly string[] {
  const followed = followedLabels(configured, known);
  return followed.length > 0 ? followed : (known ?? []);
}
