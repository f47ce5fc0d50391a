/** What check-config and doctor tell of labels: which ones each camera follows, and which its model lacks. */
import type { LoadedConfig } from '../../config/load.ts';
import { ConfigError, isExpected, sentence } from '../../errors.ts';
import { followedLabels } from '../../flow/track/followed-labels.ts';
import { knownLabels } from '../../models/known-labels.ts';
import { type UnknownLabels, unknownLabels } from './unknown-labels.ts';

export interface CameraLabelReport {
  readonly camera: string;
  /** Of the model, in the configuration. */
  readonly model: string;
  /** Labels of the model; undefined: they aren't known, see problem. */
  readonly known?: readonly string[];
  /** The ones that become presence and events; empty: all. */
  readonly followed: readonly string[];
  readonly unknown: readonly UnknownLabels[];
  /** Why the model can't be looked at, a sentence. */
  readonly problem?: string;
  /** Nothing is called so: the agent can't start with it. */
  readonly isNoModel?: boolean;
}

/** Reads label files and models, and runs none. */
export async function labelReport({
  config,
  places,
}: Pick<LoadedConfig, 'config' | 'places'>): Promise<CameraLabelReport[]> {
  const reports: CameraLabelReport[] = [];
  const asked = new Map<string, Promise<readonly string[] | undefined>>();
  for (const [camera, section] of Object.entries(config.cameras)) {
    const { model } = section;
    const known = asked.get(model) ?? knownLabels({ name: model, config: config.models, places });
    asked.set(model, known);
    try {
      const labels = await known;
      reports.push({
        camera,
        model,
        ...(labels === undefined ? {} : { known: labels }),
        followed: followedLabels(section.labels, labels),
        unknown: unknownLabels(camera, section, { name: model, labels }),
      });
    } catch (error) {
      if (!isExpected(error)) throw error;
      const isNoModel = error instanceof ConfigError && !Object.hasOwn(config.models.own, model);
      reports.push({ camera, model, followed: section.labels ?? [], unknown: [], problem: sentence(error), isNoModel });
    }
  }
  return reports;
}
