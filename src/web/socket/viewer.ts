/** One open page: what it is told, what it asks for, and that a slow one loses pictures instead of filling the memory. */
import type { WebSocket } from 'ws';
import { z } from 'zod';
import type { Message } from '../../flow/publish/message.ts';
import type { MessageFeed } from '../../flow/publish/message-feed.ts';
import type { Role } from '../../system/login/password-file.ts';
import { sealPicture, writeMessage } from './envelope.ts';
import type { LivePicture, LiveSource } from './live-source.ts';

/** A picture is left out while this much waits to be sent. */
const picturesWaitBytes = 300_000;
/** A page that lets this much wait is closed; it comes back and is told everything anew. */
const closedAtBytes = 4_000_000;
const mostPerSecond = 15;
/** Codes of a WebSocket's end: try again later; the server met a fault. */
const tryAgainLater = 1013;
const failed = 1011;

const asksSchema = z.union([
  z.strictObject({ topic: z.string().max(512), payload: z.string().max(65_536) }),
  z.strictObject({
    /** Which cameras the page shows now; others stop. */
    live: z
      .array(
        z.strictObject({
          camera: z.string().max(64),
          perSecond: z.number().min(0.1).max(mostPerSecond),
          always: z.boolean(),
        }),
      )
      .max(16),
  }),
]);
type Live = { readonly camera: string; readonly perSecond: number; readonly always: boolean };

export interface ViewerParts {
  readonly socket: WebSocket;
  readonly role: Role;
  readonly feed: MessageFeed;
  readonly live: LiveSource;
  /** Requests that somebody may make who may only look. */
  mayAsk(role: Role, topic: string): boolean;
  /** What a message met that it should not. */
  onBug(error: unknown): void;
}

/** Serves the socket until it closes. */
export function serveViewer({ socket, role, feed, live, mayAsk, onBug }: ViewerParts): void {
  const watched = new Map<string, () => void>();
  const send = (text: Buffer): void => {
    if (socket.bufferedAmount > closedAtBytes) socket.close(tryAgainLater, 'too slow');
    else socket.send(text, { binary: false });
  };
  const tell = (value: object): void => send(Buffer.from(JSON.stringify(value)));
  const relay = (message: Message): void => {
    const text = writeMessage(message);
    if (text !== undefined) send(text);
  };
  const sendPicture = (picture: LivePicture): void => {
    if (socket.bufferedAmount >= picturesWaitBytes) return;
    const { head, jpeg } = sealPicture(picture);
    // Two frames of one message: the bytes of a picture are never copied for a page.
    socket.send(head, { binary: true, fin: false });
    socket.send(jpeg, { binary: true, fin: true });
  };
  const show = (wishes: readonly Live[]): void => {
    for (const stop of watched.values()) stop();
    watched.clear();
    for (const { camera, ...wish } of wishes) {
      if (!live.cameras.includes(camera) || watched.has(camera)) continue;
      watched.set(camera, live.watch(camera, wish, sendPicture));
    }
  };
  const take = (bytes: Buffer): void => {
    const asked = asksSchema.safeParse(parse(bytes));
    if (!asked.success) tell({ refused: 'a message of {"topic","payload"} or {"live"} was expected' });
    else if ('live' in asked.data) show(asked.data.live);
    else if (mayAsk(role, asked.data.topic))
      feed.take(`${feed.base}/${asked.data.topic}`, Buffer.from(asked.data.payload), relay);
    else tell({ refused: asked.data.topic });
  };

  tell({ base: feed.base, role, cameras: live.cameras });
  for (const message of feed.newest()) relay(message);
  const stopRelay = feed.onMessage(relay);
  socket.on('message', (data, isBinary) => {
    if (isBinary || !Buffer.isBuffer(data)) return;
    try {
      take(data);
    } catch (error) {
      // Thrown through the socket it would end the agent: whoever may look must not be able to.
      onBug(error);
      socket.close(failed);
    }
  });
  // 'close' follows an error, and does all the cleaning up.
  socket.on('error', () => socket.terminate());
  socket.on('close', () => {
    stopRelay();
    show([]);
  });
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}
