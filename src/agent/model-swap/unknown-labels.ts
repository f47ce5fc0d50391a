/** Labels that the configuration waits for and a camera's model never gives: the camera would be blind to them for ever. */
import type { CameraConfig } from '../../config/camera-section.ts';
import type { Config } from '../../config/schema.ts';
import type { Health } from '../../system/service/health.ts';
import { nearNames } from '../../text/near-names.ts';

/** One key of a camera, and what it says that the model lacks. */
export interface UnknownLabels {
  readonly key: string;
  readonly unknown: readonly string[];
  /** Nothing else stands there: with it alone, nothing is ever seen. */
  readonly isBlind: boolean;
  /** What is wrong and what to write, a sentence. */
  readonly sentence: string;
}

/** A model as far as its labels go; `labels` undefined: they aren't known, and nothing can be said. */
export interface LabelledModel {
  readonly name: string;
  readonly labels?: readonly string[] | undefined;
}

/** Every key of a camera that names labels of its model. */
export function unknownLabels(camera: string, config: CameraConfig, model: LabelledModel): UnknownLabels[] {
  const known = model.labels;
  if (known === undefined || known.length === 0) return [];
  const at = `cameras.${camera}`;
  const lists = [
    { key: `${at}.labels`, named: config.labels ?? [] },
    ...Object.entries(config.zones).map(([zone, { labels }]) => ({ key: `${at}.zones.${zone}.labels`, named: labels })),
    { key: `${at}.filters`, named: Object.keys(config.filters) },
  ];
  return lists.flatMap(({ key, named }) => {
    const unknown = named.filter((label) => !known.includes(label));
    if (unknown.length === 0) return [];
    const isBlind = unknown.length === named.length && key !== `${at}.filters`;
    const told = unknownText(unknown, { ...model, labels: known });
    const blind = isBlind ? '; as it is, nothing is ever seen there' : '';
    return [{ key, unknown, isBlind, sentence: `${key}: ${told}${blind}.${writeText(key, named, known)}` }];
  });
}

/** What people and other models' label lists call things that COCO, whose list most detectors have, names otherwise. */
const otherNames: Readonly<Record<string, string>> = {
  people: 'person',
  human: 'person',
  pedestrian: 'person',
  man: 'person',
  woman: 'person',
  child: 'person',
  bike: 'bicycle',
  motorbike: 'motorcycle',
  automobile: 'car',
  vehicle: 'car',
  lorry: 'truck',
  van: 'truck',
  aeroplane: 'airplane',
  plane: 'airplane',
  sofa: 'couch',
  phone: 'cell phone',
  television: 'tv',
  tvmonitor: 'tv',
  diningtable: 'dining table',
  pottedplant: 'potted plant',
};

function nearLabels(label: string, known: readonly string[]): string[] {
  const other = otherNames[label.toLowerCase()];
  const near = nearNames(label, known.filter(isName), {
    parts: true,
    farthest: Math.max(1, Math.min(label.length / 2, 2 + label.length / 5)),
  });
  return other !== undefined && known.includes(other) ? [other] : near;
}

/** Lists with gaps fill them with these. */
function isName(label: string): boolean {
  return !/^(n\/a|\?+|)$/i.test(label);
}

const mostTold = 5;
const mostKnown = 8;

function unknownText(unknown: readonly string[], { name, labels }: Required<LabelledModel>): string {
  const told = unknown.slice(0, mostTold).map((label) => ({ label, near: nearLabels(label, labels ?? []) }));
  const far = told.filter(({ near }) => near.length === 0).map(({ label }) => JSON.stringify(label));
  const close = told
    .filter(({ near }) => near.length > 0)
    .map(({ label, near }) => `no label ${JSON.stringify(label)} (near to it: ${near.join(', ')})`);
  const none = far.length === 0 ? [] : [`no label ${far.join(' or ')} (it has ${firstOf(labels ?? [])})`];
  return `the model ${name} has ${[...close, ...none].join(', and ')}`;
}

function firstOf(labels: readonly string[]): string {
  const more = labels.length > mostKnown ? ` and ${labels.length - mostKnown} more` : '';
  return `${labels.slice(0, mostKnown).join(', ')}${more}`;
}

/** The list with the nearest label in place of each that isn't known, where there is one for each. */
function writeText(key: string, named: readonly string[], known: readonly string[]): string {
  if (!key.endsWith('.labels')) return '';
  const meant = named.map((label) => (known.includes(label) ? label : nearLabels(label, known)[0]));
  return meant.includes(undefined) ? '' : ` Write: labels: [${[...new Set(meant)].join(', ')}]`;
}

/** Tells it in the health of `labels/<camera>`, and takes it back once all labels are known. @returns the sentences of what is new */
export function reportLabels(
  camera: string,
  found: readonly UnknownLabels[],
  health: Pick<Health, 'get' | 'report'>,
): readonly string[] {
  const part = `labels/${camera}`;
  const before = health.get(part);
  if (found.length === 0) {
    if (before !== undefined) health.report(part, { state: 'known' });
    return [];
  }
  const detail = found.map(({ sentence }) => sentence).join(' ');
  health.report(part, { state: found.some(({ isBlind }) => isBlind) ? 'blind' : 'unknown', detail });
  return before?.detail === detail ? [] : found.map(({ sentence }) => sentence);
}

/** The same for every camera whose model is known, after a change of settings. */
export function reportAllLabels(
  { cameras }: Pick<Config, 'cameras'>,
  modelOf: (camera: string) => LabelledModel | undefined,
  health: Pick<Health, 'get' | 'report'>,
): void {
  for (const [camera, section] of Object.entries(cameras)) {
    const model = modelOf(camera);
    if (model !== undefined) reportLabels(camera, unknownLabels(camera, section, model), health);
  }
}
