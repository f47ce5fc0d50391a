/** Bench: figures of looks at regions, as text and as JSON. Pure functions. */
import { table } from '../../../terminal/table.ts';
import { type Summary, summarise } from '../samples.ts';
import { type Losses, losses as lossKinds, supportSteps } from './losses.ts';
import type { FilmBench } from './measure-film.ts';
import type { PhotosBench } from './measure-photos.ts';
import type { ScenesBench } from './measure-scenes.ts';
import { heightSteps, type Tally } from './tally.ts';

export function filmText(film: string, bench: FilmBench): string {
  const { widthPx, heightPx, agreement, begun, losses, withRegions, wholeFrame } = bench;
  const perFrame = (wholeFrame.there / Math.max(1, wholeFrame.frames)).toFixed(1);
  const shares = begun
    .filter(({ all }) => all > 0)
    .map(({ found, all, from }) => `${percent(found, all)} from frame ${from + 1}`);
  return [
    `${film}: ${widthPx}x${heightPx}, ${wholeFrame.frames} frames, ${perFrame} boxes a frame by exhaustive tiling; ` +
      `a tiling shifted by half a tile finds ${percent(agreement.found, agreement.all)} of them`,
    tallyTable(withRegions, wholeFrame),
    `found with regions, ${shares.join(', ')}`,
    heightTable(withRegions, wholeFrame),
    lossTable(losses, withRegions.there),
    supportTable(losses),
  ].join('\n\n');
}

export function scenesText({ widthPx, heightPx, withRegions, wholeFrame }: ScenesBench): string {
  return [
    `composed scenes: ${widthPx}x${heightPx}, ${withRegions.frames} frames`,
    tallyTable(withRegions, wholeFrame),
    heightTable(withRegions, wholeFrame),
  ].join('\n\n');
}

export function photosText({ photos, inTwoLooks, wholeLooks, oneLook }: PhotosBench): string {
  return (
    `${photos} whole photos, ${inTwoLooks} of them in two looks: mean average precision ${wholeLooks.map.toFixed(4)}; ` +
    `in one look each: ${oneLook.map.toFixed(4)}`
  );
}

export function tallyTable(withRegions: Tally, wholeFrame: Tally): string {
  const row = (title: string, figure: (tally: Tally) => string) => [title, figure(withRegions), figure(wholeFrame)];
  return table(
    ['measured', 'regions', 'whole frame only'],
    [
      row('found', ({ found, there }) => percent(found, there)),
      row('found, one box for one thing', ({ foundOneToOne, there }) => percent(foundOneToOne, there)),
      row('extra, of what is told', ({ extra, told }) => percent(extra, told)),
      row('told twice, of what is told', ({ doubled, told }) => percent(doubled, told)),
      row('on nothing, of what is told', ({ onNothing, told }) => percent(onNothing, told)),
      row('looks a frame, median / most', ({ inferences }) => {
        const { median } = summarise(inferences);
        return `${median} / ${Math.max(...inferences)}`;
      }),
      row('to plan a frame, ms, median / p95', ({ planMs }) => msText(planMs)),
    ],
  );
}

export function heightTable(withRegions: Tally, wholeFrame: Tally): string {
  // Of films the whole frame was watched once, and regions several times.
  const rows = withRegions.byHeight.flatMap(({ found, all }, at) => {
    const other = wholeFrame.byHeight[at]!;
    return all === 0 ? [] : [[heightText(at), other.all, percent(found, all), percent(other.found, other.all)]];
  });
  return table(['height, px', 'boxes', 'regions', 'whole frame only'], rows);
}

function lossTable({ byLoss }: Losses, there: number): string {
  return table(
    ['not found with regions', 'of all boxes'],
    lossKinds.map((loss) => [loss, percent(byLoss[loss], there)]),
  );
}

function supportTable({ bySupport }: Losses): string {
  const rows = supportSteps.map((most, at) => {
    const { found, all } = bySupport[at]!;
    return [`${percent(supportSteps[at - 1] ?? 0, 1)} to ${percent(most, 1)}`, all, percent(found, all)];
  });
  return table(['shown by, of the tiles that hold it', 'boxes, all watches', 'found with regions'], rows);
}

export function tallyJson({ inferences, planMs, byHeight, ...sums }: Tally) {
  return {
    ...sums,
    byHeight: byHeight.map(({ found, all }, at) => ({ heightPx: heightText(at), found, all })),
    inferences: { median: summarise(inferences).median, most: Math.max(...inferences) },
    ...(planMs.length === 0 ? {} : { planMs: summarise(planMs) }),
  };
}

export function percent(part: number, whole: number): string {
  return whole === 0 ? '-' : `${((100 * part) / whole).toFixed(1)} %`;
}

function heightText(step: number): string {
  const [from, to] = [heightSteps[step]!, heightSteps[step + 1]!];
  return to === Number.POSITIVE_INFINITY ? `${from} and more` : `${from}-${to}`;
}

function msText(samples: readonly number[]): string {
  if (samples.length === 0) return '-';
  const { median, p95 }: Summary = summarise(samples);
  return `${median.toFixed(1)} / ${p95.toFixed(1)}`;
}
