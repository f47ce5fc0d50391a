/** MobileNet V1 against V2 in one sentence, computed from a comparison. */
import { type Architecture, architectureTitle } from './architecture.ts';
import { type ComparedModel, plottedAccuracy } from './comparison.ts';

type Version = ComparedModel & { readonly architecture: Architecture };

/** Undefined unless both versions were compared. Only models of one form speak. A pair of the same width and resolution speaks, with accuracies that can be compared if there is one, else the largest of each. */
export function versionVerdict(models: readonly ComparedModel[]): string | undefined {
  const known = models.filter((model): model is Version => model.architecture !== undefined);
  const [v1, v2] = pairOf(known) ?? [];
  if (v1 === undefined || v2 === undefined) return unlike(known);
  const same = isSameSize(v1.architecture, v2.architecture);
  const speed = v1.roundTripMs.median / v2.roundTripMs.median;
  const pace = speed >= 1 ? `${speed.toFixed(2)} times as fast` : `${(1 / speed).toFixed(2)} times as slow`;
  return [
    `${architectureTitle(v2.architecture)} (${v2.name}) needs ${(v2.macs / v1.macs).toFixed(2)} times the multiply-accumulates and`,
    `${(v2.parameters / v1.parameters).toFixed(2)} times the parameters of ${architectureTitle(v1.architecture)} (${v1.name}), runs ${pace} here`,
    `(median ${v2.roundTripMs.median.toFixed(1)} ms against ${v1.roundTripMs.median.toFixed(1)} ms, both ${v2.quantization} on ${v2.backend})`,
    `${accuracyClause(v1, v2)}${same ? '' : '; the two differ in size, as no pair of the same width and resolution was compared'}.`,
  ].join(' ');
}

function accuracyClause(v1: Version, v2: Version): string {
  const [one, two] = [plottedAccuracy(v1), plottedAccuracy(v2)];
  if (one === undefined || two === undefined) return 'and no accuracy is known for both';
  const points = 100 * (two.value - one.value);
  const word = points >= 0 ? 'more' : 'less';
  const measured = [`${(100 * two.value).toFixed(1)} %`, `${(100 * one.value).toFixed(1)} %`].join(' against ');
  return one.from === two.from
    ? `and is ${Math.abs(points).toFixed(1)} points ${word} accurate (${two.from}, ${measured})`
    : `and has ${measured} (${two.from}; V1: ${one.from})`;
}

/** Why the versions say nothing about each other, where both are there. */
function unlike(models: readonly Version[]): string | undefined {
  const said = ([1, 2] as const).map((version) =>
    models
      .filter(({ architecture }) => architecture.version === version)
      .map(({ name, quantization, backend }) => `${name} is ${quantization} on ${backend}`),
  );
  if (said.some(({ length }) => length === 0)) return undefined;
  return `V1 and V2 are not held against each other, since no two of them have one form: ${said.flat().join('; ')}.`;
}

/** The same quantization, run by the same kernels: what differs then is the network. */
function isOneForm(one: Version, other: Version): boolean {
  return one.quantization === other.quantization && one.backend === other.backend;
}

function pairOf(models: readonly Version[]): [Version, Version] | undefined {
  const of = (version: 1 | 2) =>
    models
      .filter(({ architecture }) => architecture.version === version)
      // Of one architecture in several files the fastest counts.
      .toSorted((a, b) => b.macs - a.macs || a.roundTripMs.median - b.roundTripMs.median);
  const [ones, twos] = [of(1), of(2)];
  const alike = twos.flatMap((two) =>
    ones.filter((one) => isOneForm(one, two)).map((one): [Version, Version] => [one, two]),
  );
  const pairs = alike.filter(([one, two]) => isSameSize(one.architecture, two.architecture));
  const pair = pairs.find(([one, two]) => plottedAccuracy(one)?.from === plottedAccuracy(two)?.from) ?? pairs[0];
  return pair ?? alike[0];
}

function isSameSize(one: Architecture, other: Architecture): boolean {
  return one.width === other.width && one.resolutionPx === other.resolutionPx;
}
