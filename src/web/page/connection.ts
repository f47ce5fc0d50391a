/** The socket to goby: what its topics say now, its messages as they come, its pictures, and requests with their answers. */
import { signal } from '@preact/signals';
import type { SeenFrame } from '../../flow/view/seen.ts';

/** A picture with what was seen in it, from one message. */
export interface LiveFrame {
  readonly camera: string;
  readonly bitmap: ImageBitmap;
  readonly seen: SeenFrame;
}

export interface LiveWish {
  readonly camera: string;
  readonly perSecond: number;
  readonly always: boolean;
}

/** Of the telemetry what the page shows beside its pictures. */
export interface Telemetry {
  readonly cpuTemperatureC?: number;
  readonly cameras?: Readonly<
    Record<string, { framesPerSecond?: number; latency?: Readonly<Record<string, { p50Ms?: number }>> }>
  >;
}

type Listener = (topic: string, payload: unknown) => void;

export const isConnected = signal(false);
export const needsLogin = signal(false);
/** Whether anybody has a password here: the administrator's is asked again before what could harm. */
export const needsPassword = signal(false);
export const role = signal<'administrator' | 'viewer' | undefined>(undefined);
export const cameras = signal<readonly string[]>([]);
/** The last message of each retained topic, by the topic below goby/<device>. */
export const retained = signal<ReadonlyMap<string, unknown>>(new Map());
/** The last measurements of the device and its cameras; empty until there are some. */
export const telemetry = signal<Telemetry>({});
/** The last live picture of each camera. */
export const frames = signal<ReadonlyMap<string, LiveFrame>>(new Map());

const listeners = new Set<Listener>();
let socket: WebSocket | undefined;
let base = '';
let wishes: readonly LiveWish[] = [];
let failures = 0;
let nextTransaction = 1;

/** Connects, and again whenever the connection is lost. */
export async function connect(): Promise<void> {
  const session = await fetch('./session').then(
    (answer) => answer.json() as Promise<{ needsLogin: boolean; role?: 'administrator' | 'viewer' }>,
    () => undefined,
  );
  if (session === undefined) return again();
  needsPassword.value = session.needsLogin;
  needsLogin.value = session.needsLogin && session.role === undefined;
  if (needsLogin.value) return;
  const address = new URL('./socket', location.href);
  address.protocol = address.protocol.replace('http', 'ws');
  socket = new WebSocket(address);
  socket.binaryType = 'arraybuffer';
  socket.onmessage = ({ data }) => {
    if (typeof data === 'string') takeText(data);
    else void takePicture(data as ArrayBuffer);
  };
  socket.onclose = () => {
    isConnected.value = false;
    again();
  };
}

function again(): void {
  failures += 1;
  // Full jitter, as goby's own retries.
  const longestMs = Math.min(15_000, 500 * 2 ** failures);
  setTimeout(() => void connect(), 200 + Math.random() * longestMs);
}

function takeText(data: string): void {
  const message = JSON.parse(data) as {
    base?: string;
    role?: 'administrator' | 'viewer';
    cameras?: string[];
    topic?: string;
    payload?: string;
    retain?: boolean;
  };
  if (message.base !== undefined) {
    base = message.base;
    role.value = message.role;
    cameras.value = message.cameras ?? [];
    retained.value = new Map();
    isConnected.value = true;
    failures = 0;
    sendLive();
    return;
  }
  if (message.topic === undefined || !message.topic.startsWith(`${base}/`)) return;
  const topic = message.topic.slice(base.length + 1);
  const payload = parse(message.payload ?? '');
  if (message.retain === true) retained.value = new Map(retained.value).set(topic, payload);
  if (topic === 'telemetry') telemetry.value = payload as Telemetry;
  for (const listener of listeners) listener(topic, payload);
}

async function takePicture(data: ArrayBuffer): Promise<void> {
  const headerBytes = new DataView(data).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(data, 4, headerBytes))) as SeenFrame & {
    camera: string;
  };
  const bitmap = await createImageBitmap(new Blob([new Uint8Array(data, 4 + headerBytes)], { type: 'image/jpeg' }));
  const before = frames.value.get(header.camera);
  // Decoding is not in order: an older picture never follows a newer one.
  if (before !== undefined && before.seen.frame > header.frame && before.seen.time > header.time) return bitmap.close();
  frames.value = new Map(frames.value).set(header.camera, { camera: header.camera, bitmap, seen: header });
  before?.bitmap.close();
}

function parse(payload: string): unknown {
  try {
    return JSON.parse(payload);
  } catch {
    return payload;
  }
}

/** Which cameras are shown now. */
export function showLive(next: readonly LiveWish[]): void {
  wishes = next;
  sendLive();
}

function sendLive(): void {
  if (isConnected.peek()) socket?.send(JSON.stringify({ live: wishes }));
}

export function onMessage(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Publishes to a topic below goby/<device>, such as output/led/set. */
export function publish(topic: string, payload: unknown): void {
  socket?.send(JSON.stringify({ topic, payload: typeof payload === 'string' ? payload : JSON.stringify(payload) }));
}

/** goby takes twenty requests a second of everybody together: some at once, the others a little later. */
const requestEveryMs = 70;
const requestsAtOnce = 4;
let nextRequestMs = 0;

function pace(send: () => void): void {
  const nowMs = performance.now();
  nextRequestMs = Math.max(nextRequestMs, nowMs - requestsAtOnce * requestEveryMs) + requestEveryMs;
  if (nextRequestMs <= nowMs) send();
  else setTimeout(send, nextRequestMs - nowMs);
}

/** request/<name> and its response. Rejects with goby's own sentence. */
export function request<Data>(name: string, payload: object = {}, timeoutMs = 20_000): Promise<Data> {
  const transaction = `page-${nextTransaction++}-${Math.random().toString(36).slice(2)}`;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => finish(() => reject(new Error(`goby did not answer ${name}`))), timeoutMs);
    const stop = onMessage((topic, answer) => {
      if (!topic.startsWith('response/')) return;
      const { status, data, error, transaction: given } = answer as Record<string, unknown>;
      if (given !== transaction) return;
      finish(() => (status === 'ok' ? resolve(data as Data) : reject(new Error(String(error)))));
    });
    const finish = (settle: () => void): void => {
      clearTimeout(timer);
      stop();
      settle();
    };
    pace(() => publish(`request/${name}`, { ...payload, transaction }));
  });
}
