/**
 * The page for a long time: an agent, a tab of a real browser whose connection is cut now and then, and pages by socket, some of which
 * come and go and one of which never reads. Memory of the agent and of the tab is told over time; it must not grow.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { type Browser, type CDPSession, chromium, type Page } from 'playwright-core';
import { WebSocket } from 'ws';
import { filelessBytes } from '../../src/workshop/bench/memory.ts';
import { goby } from '../end-to-end/program.ts';
import { makeWorkplace, samplesConfig } from '../end-to-end/workplace.ts';
import { FaultProxy } from '../faults/fault-proxy.ts';
import type { Scope } from '../faults/scope.ts';
import { chromiumProgram } from '../programs/web/browser.ts';

const collectGarbage = new URL('./collect-garbage.mjs', import.meta.url).href;

/** Beside the tab; the last one reads nothing. */
const socketViewers = 9;
const perSecond = 5;

export interface PageSample {
  readonly seconds: number;
  /** Agent and worker, without pages of files, which other programs of the machine share, and with the agent's garbage collected every second. */
  readonly agentBytes: number;
  /** The process that draws the tab, the same. */
  readonly tabBytes: number;
  /** What the tab's scripts hold, after its garbage is collected. */
  readonly heapBytes: number;
  /** Elements of the tab. */
  readonly nodes: number;
}

export interface PageSoak {
  readonly samples: readonly PageSample[];
  /** Times that the tab's connection was cut, and it came back by itself. */
  readonly reconnects: number;
  /** Pages by socket that were closed and opened again. */
  readonly reopened: number;
  /** Pictures of each page by socket; the last one is stalled. */
  readonly pictures: readonly number[];
  /** How old the picture of the tab was at the end, ms. */
  readonly lastPictureAgeMs: number;
  /** What the tab complained of, connections that were cut left out. */
  readonly complaints: readonly string[];
}

/** More than memory swings by itself, less than any leak makes of a picture or a message for each second. */
export const mostGrowth = { agentBytes: 15e6, tabBytes: 15e6, heapBytes: 1e6 } as const;

export interface PageSoakOptions {
  readonly seconds: number;
  readonly cutEverySeconds: number;
  onSample?(sample: PageSample): void;
}

export async function soakPage(scope: Pick<Scope, 'teardown'>, options: PageSoakOptions): Promise<PageSoak> {
  const { seconds, cutEverySeconds, onSample } = options;
  const { front } = samplesConfig.cameras;
  const workplace = makeWorkplace({
    ...samplesConfig,
    cameras: { front: { ...front, source: { ...front.source, framesPerSecond: perSecond } } },
    mqtt: { embedded: { port: 0 } },
    web: { listen: '127.0.0.1:0' },
  });
  scope.teardown(() => workplace.remove());
  const env = { ...workplace.env, NODE_OPTIONS: `--import=${collectGarbage}` };
  const agent = goby(['run', '--config', workplace.configFile], { env });
  scope.teardown(() => agent.end('SIGKILL'));
  const [, origin = ''] = await agent.line(/the page is at (http:\/\/[^/]+)\//);
  await agent.line(/front: streaming/);
  const proxy = new FaultProxy(Number(new URL(origin).port));
  await proxy.open();
  scope.teardown(() => proxy.close());

  const viewers = Array.from({ length: socketViewers }, (_, at) => new SocketViewer(origin, at === socketViewers - 1));
  scope.teardown(() => {
    for (const viewer of viewers) viewer.close();
  });
  for (const viewer of viewers) viewer.open();
  const tab = await openTab(scope, proxy.address.replace('mqtt', 'http'));

  const samples: PageSample[] = [];
  const startedMs = performance.now();
  let reconnects = 0;
  let reopened = 0;
  const elapsed = (): number => (performance.now() - startedMs) / 1000;
  const sampleEverySeconds = Math.max(2, seconds / 120);
  while (elapsed() < seconds) {
    await pause(1000 * sampleEverySeconds);
    if (agent.child.exitCode !== null) throw new Error(`the agent ended: ${agent.lines.slice(-5).join('\n')}`);
    const sample = {
      seconds: Math.round(elapsed()),
      agentBytes: await filelessBytes(agent.child.pid),
      ...(await tab.measure()),
    };
    samples.push(sample);
    onSample?.(sample);
    const again = viewers[samples.length % (socketViewers - 1)]!;
    again.close();
    again.open();
    reopened += 1;
    if (Math.floor(elapsed() / cutEverySeconds) <= reconnects) continue;
    await proxy.close();
    await tab.page.getByText('Not connected').waitFor();
    await proxy.open();
    await tab.page.getByText('Connected', { exact: true }).waitFor({ timeout: 60_000 });
    reconnects += 1;
  }
  return {
    samples,
    reconnects,
    reopened,
    pictures: viewers.map(({ pictures }) => pictures),
    lastPictureAgeMs: await tab.pictureAgeMs(),
    complaints: tab.complaints,
  };
}

/** How much more is needed at the end: the least of the last quarter of the run less the least of the second one, as memory goes up and down. */
export function growthBytes(samples: readonly PageSample[], value: (sample: PageSample) => number): number {
  const quarter = Math.floor(samples.length / 4);
  const least = (from: number): number => Math.min(...samples.slice(from, from + quarter).map(value));
  return least(samples.length - quarter) - least(quarter);
}

/** A page by its socket alone. */
class SocketViewer {
  pictures = 0;
  readonly #origin: string;
  readonly #isStalled: boolean;
  #socket: WebSocket | undefined;

  constructor(origin: string, isStalled: boolean) {
    this.#origin = origin;
    this.#isStalled = isStalled;
  }

  open(): void {
    const socket = new WebSocket(`${this.#origin.replace('http', 'ws')}/socket`, { origin: this.#origin });
    this.#socket = socket;
    socket.on('open', () => {
      socket.send(JSON.stringify({ live: [{ camera: 'front', perSecond, always: true }] }));
      if (this.#isStalled) setTimeout(() => socket.pause(), 1000).unref();
    });
    socket.on('message', (_data, isBinary) => {
      if (isBinary) this.pictures += 1;
    });
    socket.on('error', () => undefined);
  }

  close(): void {
    this.#socket?.terminate();
  }
}

interface Tab {
  readonly page: Page;
  readonly complaints: readonly string[];
  measure(): Promise<Pick<PageSample, 'tabBytes' | 'heapBytes' | 'nodes'>>;
  pictureAgeMs(): Promise<number>;
}

async function openTab(scope: Pick<Scope, 'teardown'>, address: string): Promise<Tab> {
  const browser = await chromium.launch({
    executablePath: chromiumProgram,
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'],
  });
  scope.teardown(() => browser.close());
  const page = await browser.newPage({ locale: 'en-GB', viewport: { width: 1440, height: 900 } });
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error' && !/WebSocket|ERR_CONNECTION|ERR_EMPTY/.test(message.text()))
      complaints.push(message.text());
  });
  await page.goto(address);
  await page.locator('canvas').waitFor();
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  return {
    page,
    complaints,
    measure: async () => {
      await session.send('HeapProfiler.collectGarbage');
      const { metrics } = await session.send('Performance.getMetrics');
      const metric = (name: string) => metrics.find((one) => one.name === name)?.value ?? 0;
      return { tabBytes: await rendererBytes(browser), heapBytes: metric('JSHeapUsedSize'), nodes: metric('Nodes') };
    },
    pictureAgeMs: async () => {
      const time = await page.locator('.camera time').getAttribute('datetime');
      return Date.now() - Date.parse(time ?? '');
    },
  };
}

/** Of the process that draws. It is no child of the browser's own process, so it is asked for alone. */
async function rendererBytes(browser: Browser): Promise<number> {
  const session: CDPSession = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  const renderers = processInfo.filter(({ type }) => type === 'renderer');
  const sizes = await Promise.all(renderers.map(({ id }) => filelessBytes(id)));
  return sizes.reduce((sum, bytes) => sum + bytes, 0);
}
