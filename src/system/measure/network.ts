/** Traffic of the network interfaces and the signal of wireless ones. */
import type { KernelFiles } from './kernel-files.ts';
import type { NetworkInterface } from './telemetry.ts';

export type Traffic = ReadonlyMap<string, { readonly receivedBytes: number; readonly sentBytes: number }>;

/** All interfaces but loopback; undefined where the machine has none or doesn't tell. */
export async function readTraffic(files: KernelFiles): Promise<Traffic | undefined> {
  const traffic = new Map<string, { receivedBytes: number; sentBytes: number }>();
  for (const [name, fields] of interfaceLines(await files.text('proc/net/dev'))) {
    const receivedBytes = Number(fields[0]);
    const sentBytes = Number(fields[8]);
    if (name !== 'lo' && Number.isFinite(receivedBytes) && Number.isFinite(sentBytes))
      traffic.set(name, { receivedBytes, sentBytes });
  }
  return traffic.size === 0 ? undefined : traffic;
}

/** Totals with rates. An interface that is new, or whose counters started over, has no rate yet. */
export function networkReport(
  before: Traffic | undefined,
  after: Traffic,
  elapsedMs: number,
): Record<string, NetworkInterface> {
  return Object.fromEntries(
    [...after].map(([name, now]) => {
      const then = before?.get(name);
      if (!then || elapsedMs <= 0 || now.receivedBytes < then.receivedBytes || now.sentBytes < then.sentBytes)
        return [name, now];
      const perSecond = (bytes: number) => Math.round((bytes * 1000) / elapsedMs);
      return [
        name,
        {
          ...now,
          receivedBytesPerSecond: perSecond(now.receivedBytes - then.receivedBytes),
          sentBytesPerSecond: perSecond(now.sentBytes - then.sentBytes),
        },
      ];
    }),
  );
}

/** Signal per wireless interface in dBm; undefined without one. */
export async function readWifiSignal(files: KernelFiles): Promise<Record<string, number> | undefined> {
  const signals: [string, number][] = [];
  for (const [name, fields] of interfaceLines(await files.text('proc/net/wireless'))) {
    const level = Number.parseFloat(fields[2] ?? '');
    // Some drivers give the byte unsigned (204 for -52); a small positive number is a quality without unit.
    const dbm = level > 127 ? level - 256 : level;
    if (dbm < 0) signals.push([name, dbm]);
  }
  return signals.length === 0 ? undefined : Object.fromEntries(signals);
}

/** Lines `name: field field ...` below a header. */
function interfaceLines(text: string | undefined): [string, string[]][] {
  return (text ?? '')
    .split('\n')
    .filter((line) => /^\s*[^|\s]+:/.test(line))
    .map((line) => {
      const colon = line.indexOf(':');
      return [
        line.slice(0, colon).trim(),
        line
          .slice(colon + 1)
          .trim()
          .split(/\s+/),
      ];
    });
}
