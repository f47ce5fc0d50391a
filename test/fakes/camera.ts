/** A camera for tests of the stages behind capture/: gives the frames it is told to, and keeps the port's promises. */
import type { Camera, CameraCounters, CameraEvents, CameraStatus } from '../../src/flow/capture/camera.ts';
import { FrameSink, type Picture } from '../../src/flow/capture/frame-sink.ts';

export interface FakePicture extends Omit<Picture, 'lengthBytes' | 'rotationDeg'> {
  readonly bytes: Uint8Array;
  readonly rotationDeg?: Picture['rotationDeg'];
}

export interface FakeCameraOptions {
  readonly name?: string;
  readonly pictures: readonly FakePicture[];
  /** Time between frames; absent: frames come only by give(). */
  readonly periodMs?: number;
}

export class FakeCamera implements Camera {
  readonly name: string;
  readonly #pictures: readonly FakePicture[];
  readonly #periodMs: number | undefined;
  readonly #sink: FrameSink;
  #events: CameraEvents | undefined;
  #timer: NodeJS.Timeout | undefined;
  #given = 0;
  #stopped = false;

  constructor({ name = 'front', pictures, periodMs }: FakeCameraOptions) {
    this.name = name;
    this.#pictures = pictures;
    this.#periodMs = periodMs;
    this.#sink = new FrameSink({
      camera: name,
      onFrame: (frame) => this.#events?.onFrame(frame),
      onProgress: () => undefined,
    });
  }

  get isRunning(): boolean {
    return this.#events !== undefined && !this.#stopped;
  }

  get counters(): Readonly<CameraCounters> {
    return this.#sink.counters;
  }

  start(events: CameraEvents): void {
    if (this.#stopped || this.#events !== undefined) return;
    this.#events = events;
    this.tell({ state: 'starting', detail: 'starts' });
    if (this.#periodMs !== undefined) this.#timer = setInterval(() => this.give(), this.#periodMs);
  }

  /** Gives the next picture as a frame, in turn; drops it when three frames are out. */
  give(): void {
    const picture = this.#pictures[this.#given % this.#pictures.length];
    if (this.#stopped || picture === undefined) return;
    if (this.#given === 0) this.tell({ state: 'streaming', detail: `the fake camera ${this.name} streams` });
    this.#given += 1;
    const { bytes, rotationDeg = 0, ...shape } = picture;
    const buffer = this.#sink.claim();
    if (buffer === undefined) {
      this.#sink.dropped();
      return;
    }
    buffer.reserve(bytes.length, 0);
    buffer.bytes.set(bytes);
    this.#sink.deliver(buffer, { ...shape, rotationDeg, lengthBytes: bytes.length });
  }

  /** Tells a state, such as a camera that was unplugged. */
  tell(status: CameraStatus): void {
    if (!this.#stopped) this.#events?.onStatus(status);
  }

  async stop(): Promise<void> {
    if (this.#events !== undefined) this.tell({ state: 'stopped', detail: 'stopped' });
    this.#stopped = true;
    this.#sink.close();
    clearInterval(this.#timer);
  }
}
