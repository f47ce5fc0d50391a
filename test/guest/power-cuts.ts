/** Power cuts: QEMU is killed at random moments while the outbox is written, and what the next start finds is compared. */
import { z } from 'zod';
import type { Machine } from '../../scripts/guest/machine.ts';
import type { TrialSteps } from '../../scripts/guest/trial-steps.ts';
import { checkout } from './guest-files.ts';

const foundSchema = z.object({ last: z.number(), gaps: z.number(), damaged: z.number() });
const atSchema = z.object({ written: z.number(), durable: z.number() });

export interface PowerCutsOptions {
  readonly cuts: number;
  /** A machine on the same disk, whose writes are on this machine's disk when the guest has flushed them. */
  readonly start: () => Promise<Machine>;
  readonly steps: TrialSteps;
}

/** Longest time of writing before a cut. */
const longestMs = 5000;
/** What the design promises: of the events that were written, at most those of the last second. */
const windowMs = 1000;

interface Report {
  readonly atMs: number;
  readonly written: number;
  readonly durable: number;
}

export async function powerCuts({ cuts, start, steps }: PowerCutsOptions): Promise<void> {
  let reports: Report[] = [];
  let cutMs = 0;
  let last = 0;
  let lostTotal = 0;
  let worstMs = 0;
  for (let cut = 0; cut <= cuts; cut++) {
    const title = cut === 0 ? 'the outbox is written in the guest' : `power cut ${cut}: the outbox is whole`;
    await steps.take(title, async () => {
      const machine = await start();
      try {
        const { console: shell } = machine;
        await shell.ready();
        const from = shell.lines.length;
        await shell.send(
          `cd ${checkout} && exec /usr/lib/goby/node test/guest/outbox-writer.ts /var/lib/outbox >/dev/ttyS0`,
        );
        const found = foundSchema.parse(JSON.parse((await shell.line(/<<found (\{.*\})>>/, from))[1]!));
        const verdict = judge(found, reports, cutMs, last);
        lostTotal += verdict.lost;
        worstMs = Math.max(worstMs, verdict.lostMs);
        last = found.last;
        reports = [];
        shell.onLine = (line) => {
          const match = /<<at (\{.*\})>>/.exec(line);
          if (match) reports.push({ atMs: performance.now(), ...atSchema.parse(JSON.parse(match[1]!)) });
        };
        await shell.line(/<<at /, from);
        await new Promise((resolve) => setTimeout(resolve, 500 + Math.random() * longestMs));
        cutMs = performance.now();
        return cut === 0 ? '' : verdict.text;
      } finally {
        await machine.kill();
      }
    });
  }
  await steps.take('of all power cuts', async () => {
    return `${last} events are in the outbox, ${lostTotal} were lost, at worst those of the last ${worstMs.toFixed(0)} ms`;
  });
}

/** @throws Error when more is missing than may be */
function judge(
  found: z.output<typeof foundSchema>,
  reports: readonly Report[],
  cutMs: number,
  before: number,
): { lost: number; lostMs: number; text: string } {
  const { written, durable } = reports.at(-1) ?? { written: 0, durable: 0 };
  const facts = `${found.last} found, ${written} written and ${durable} synced before the cut`;
  if (found.gaps > 0 || found.damaged > 0) throw new Error(`${found.gaps} gaps, ${found.damaged} damaged; ${facts}`);
  if (found.last < durable || found.last < before) throw new Error(`synced events are missing: ${facts}`);
  const lost = Math.max(0, written - found.last);
  const firstLost = reports.find((report) => report.written > found.last);
  const lostMs = lost === 0 || firstLost === undefined ? 0 : cutMs - firstLost.atMs;
  const text = `${facts}; lost: ${lost}, of the last ${lostMs.toFixed(0)} ms`;
  if (lostMs > windowMs) throw new Error(`more than the window is lost: ${text}`);
  return { lost, lostMs, text };
}
