/** Warns, once the models are loaded, of rules that can never fire. */
import type { CameraConfig } from '../config/camera-section.ts';
import type { Config } from '../config/schema.ts';
import { silentRules } from '../flow/decide/rule-sense.ts';
import { followedLabels } from '../flow/track/followed-labels.ts';
import type { Logger } from '../logger.ts';
import type { Model } from '../models/model.ts';

export function warnOfSilentRules(
  config: Pick<Config, 'cameras' | 'rules'>,
  models: ReadonlyMap<string, Pick<Model, 'labels'>>,
  logger: Logger,
): void {
  const warnings = silentRulesOf(config, (_camera, { model }) => models.get(model)?.labels);
  for (const warning of warnings) logger.warn(warning);
}

/**
 * A sentence for each rule that can't fire. None when a camera's labels aren't known: its rules can't be judged.
 * @param knownTo labels of a camera's model
 */
export function silentRulesOf(
  { cameras, rules }: Pick<Config, 'cameras' | 'rules'>,
  knownTo: (camera: string, config: CameraConfig) => readonly string[] | undefined,
): string[] {
  const heard = Object.entries(cameras).map(([camera, config]) => {
    const known = knownTo(camera, config);
    const followed = followedLabels(config.labels, known);
    return { camera, labels: followed.length > 0 ? followed : (known ?? []) };
  });
  return heard.some(({ labels }) => labels.length === 0) ? [] : silentRules(rules, heard);
}
