/** A notification: what somebody is to be told of one alert. The noun of notify/. */
import { z } from 'zod';

export const notificationSchema = z.strictObject({
  id: z.string().regex(/^[a-z0-9-]{1,64}$/),
  /** Name of the recipient. */
  to: z.string().max(64),
  title: z.string().max(200),
  text: z.string().max(1000),
  /** When it happened, ms since 1970. */
  atMs: z.number(),
  camera: z.string().max(64),
  label: z.string().max(1024),
  rule: z.string().max(64),
  /** Of the event; its picture goes with it. */
  event: z.string().max(64),
});

export type Notification = z.output<typeof notificationSchema>;

/** delivered: it has it; later: not now, perhaps after waitMs; refused: never, for this reason. */
export type Delivery =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'later'; readonly reason: string; readonly waitMs?: number }
  | { readonly kind: 'refused'; readonly reason: string };

export interface Told {
  readonly label: string;
  readonly camera: string;
  readonly score: number;
  readonly zones: readonly string[];
  readonly startMs: number;
}

/** Fills {label}, {camera}, {zone}, {score} and {time} in; what isn't one of these stays. */
export function fillText(text: string, { label, camera, score, zones, startMs }: Told): string {
  const values = new Map([
    ['label', label],
    ['camera', camera],
    ['zone', zones.join(', ')],
    ['score', `${Math.round(100 * score)} %`],
    ['time', new Date(startMs).toLocaleTimeString()],
  ]);
  return text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => values.get(name) ?? whole);
}
