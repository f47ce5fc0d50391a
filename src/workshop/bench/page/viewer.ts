/** Somebody who looks at the page, without a browser: the same requests, the same socket, the same pictures. */
import { WebSocket } from 'ws';

export interface BenchViewer {
  readonly pictures: number;
  close(): void;
}

export interface ViewerWish {
  /** Of the page. */
  readonly page: string;
  readonly camera: string;
  readonly perSecond: number;
}

/** Resolves with the first picture, and the time since the page was asked for, ms. */
export async function openViewer({
  page,
  camera,
  perSecond,
}: ViewerWish): Promise<{ viewer: BenchViewer; firstMs: number }> {
  const fromMs = performance.now();
  const html = await (await fetch(page)).text();
  const files = [...html.matchAll(/(?:src|href)="\.?\/?(assets\/[^"]+)"/g)].map(([, file]) => file!);
  await Promise.all(files.map(async (file) => (await fetch(`${page}${file}`)).arrayBuffer()));
  await fetch(`${page}session`);
  const socket = new WebSocket(`${page.replace(/^http/, 'ws')}socket`, { origin: page.replace(/\/$/, '') });
  let pictures = 0;
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.once('open', () => socket.send(JSON.stringify({ live: [{ camera, perSecond, always: true }] })));
    socket.on('message', (_data, isBinary) => {
      if (!isBinary) return;
      pictures += 1;
      resolve();
    });
  });
  return {
    firstMs: performance.now() - fromMs,
    viewer: {
      get pictures() {
        return pictures;
      },
      close: () => socket.terminate(),
    },
  };
}
