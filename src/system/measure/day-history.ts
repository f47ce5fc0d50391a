/** A day of measurements, kept small: one row of numbers at a time, in rings that are made once. */

/** One row: a number for each measure; undefined where there was none. */
export type MeasureRow = Readonly<Record<string, number | undefined>>;

export interface DayHistorySnapshot {
  /** Seconds since 1970, oldest first. */
  readonly times: readonly number[];
  /** By measure, as long as times; null where there was none. */
  readonly series: Readonly<Record<string, readonly (number | null)[]>>;
}

export interface DayHistory {
  add(wallMs: number, row: MeasureRow): void;
  snapshot(): DayHistorySnapshot;
}

const dayMs = 86_400_000;
/** Of single precision that is 4 bytes each: 720 rows of 30 measures are 86 kB. */
const rows = 720;
const mostMeasures = 60;

/** Rows that come closer than a day by `rows` are averaged into one. */
export function createDayHistory(rowMs = dayMs / rows): DayHistory {
  const times = new Float64Array(rows);
  const rings = new Map<string, Float32Array>();
  /** Sums and counts of the row that is being gathered. */
  const open = new Map<string, { sum: number; count: number }>();
  let openMs = Number.NaN;
  let count = 0;

  const close = (): void => {
    const at = count % rows;
    times[at] = openMs / 1000;
    for (const ring of rings.values()) ring[at] = Number.NaN;
    for (const [name, { sum, count: samples }] of open) ringOf(name)[at] = sum / samples;
    open.clear();
    count += 1;
  };
  const ringOf = (name: string): Float32Array => {
    const ring = rings.get(name) ?? new Float32Array(rows).fill(Number.NaN);
    rings.set(name, ring);
    return ring;
  };
  return {
    add: (wallMs, row) => {
      if (!Number.isNaN(openMs) && Math.abs(wallMs - openMs) >= rowMs) {
        close();
        openMs = Number.NaN;
      }
      if (Number.isNaN(openMs)) openMs = wallMs;
      for (const [name, value] of Object.entries(row)) {
        if (value === undefined || !Number.isFinite(value)) continue;
        if (!rings.has(name) && rings.size + open.size >= mostMeasures) continue;
        const sum = open.get(name) ?? { sum: 0, count: 0 };
        sum.sum += value;
        sum.count += 1;
        open.set(name, sum);
      }
    },
    snapshot: () => {
      const kept = Math.min(count, rows);
      const order = Array.from({ length: kept }, (_, at) => (count - kept + at) % rows);
      const gathered = Number.isNaN(openMs) ? [] : [openMs / 1000];
      const names = [...new Set([...rings.keys(), ...open.keys()])];
      return {
        times: [...order.map((at) => times[at]!), ...gathered],
        series: Object.fromEntries(
          names.map((name) => {
            const ring = rings.get(name);
            const now = open.get(name);
            const past = order.map((at) => plain(ring?.[at]));
            return [name, gathered.length === 0 ? past : [...past, plain(now && now.sum / now.count)]];
          }),
        ),
      };
    },
  };
}

/** Four digits say all there is to see, and JSON has no NaN. */
function plain(value: number | undefined): number | null {
  return value === undefined || Number.isNaN(value) ? null : Number(value.toPrecision(4));
}
