/**
 * Pictures for open pages: the frame that was looked at, as the camera's own JPEG where it gave one, else encoded once for all
 * who look, and only while somebody does. Never in the way of a frame: the newest wins, one at a time for each camera.
 */
import type { Frame } from '../capture/frame.ts';
import type { JpegEncoder } from '../snapshot/jpeg-encoder.ts';
import type { SeenFrame } from './seen.ts';

export interface LivePicture {
  readonly camera: string;
  readonly seen: SeenFrame;
  readonly jpeg: Uint8Array;
}

export interface LiveWish {
  readonly perSecond: number;
  /** Also while nothing moves. */
  readonly always: boolean;
}

export interface LiveViewOptions {
  readonly cameras: readonly string[];
  /** One for each camera: it keeps a buffer. */
  createEncoder(): JpegEncoder;
  /** A picture that can't be encoded is told and left out. */
  onError(error: unknown): void;
  /** Monotonic, ms. */
  readonly now?: () => number;
}

/** How often a still is shown while nothing moves. */
const stillEveryMs = 10_000;
/** Larger pictures of the camera's own are encoded anew, smaller. */
const largestOwnBytes = 400_000;

interface Watcher extends LiveWish {
  lastMs: number;
  readonly show: (picture: LivePicture) => void;
}

interface CameraView {
  readonly watchers: Set<Watcher>;
  encode: JpegEncoder | undefined;
  isBusy: boolean;
}

export class LiveView {
  readonly cameras: readonly string[];
  readonly #options: LiveViewOptions;
  readonly #now: () => number;
  readonly #views: ReadonlyMap<string, CameraView>;

  constructor(options: LiveViewOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.cameras = options.cameras;
    this.#views = new Map(
      options.cameras.map((camera) => [camera, { watchers: new Set<Watcher>(), encode: undefined, isBusy: false }]),
    );
  }

  /** Pictures of one camera until the returned function is called. */
  watch(camera: string, wish: LiveWish, show: (picture: LivePicture) => void): () => void {
    const view = this.#views.get(camera);
    if (view === undefined) return () => undefined;
    const watcher: Watcher = { ...wish, show, lastMs: Number.NEGATIVE_INFINITY };
    view.watchers.add(watcher);
    return () => {
      view.watchers.delete(watcher);
      // Its buffer is as large as a picture.
      if (view.watchers.size === 0) view.encode = undefined;
    };
  }

  /** A frame that was looked at. On the hot path: cheap while nobody looks. @param seen called when somebody wants it */
  frame(frame: Frame, seen: () => SeenFrame): void {
    this.#offer(frame, seen, false);
  }

  /** A frame in which nothing moved, and which was not looked at. */
  still(frame: Frame, seen: () => SeenFrame): void {
    this.#offer(frame, seen, true);
  }

  #offer(frame: Frame, seen: () => SeenFrame, isStill: boolean): void {
    const view = this.#views.get(frame.camera);
    if (view === undefined || view.watchers.size === 0 || view.isBusy) return;
    const nowMs = this.#now();
    const due = [...view.watchers].filter((watcher) => nowMs - watcher.lastMs >= intervalMs(watcher, isStill));
    if (due.length === 0) return;
    for (const watcher of due) watcher.lastMs = nowMs;
    view.isBusy = true;
    frame.retain();
    const what = seen();
    this.#jpegOf(view, frame)
      .then(
        (jpeg) => {
          // One object for all: what is made of it for one page serves the others.
          const picture = { camera: frame.camera, seen: what, jpeg };
          for (const { show } of due) show(picture);
        },
        (error: unknown) => this.#options.onError(error),
      )
      .finally(() => {
        frame.release();
        view.isBusy = false;
      });
  }

  /** Copied in any case: the frame's own bytes are given back before a slow network has taken them. */
  async #jpegOf(view: CameraView, frame: Frame): Promise<Uint8Array> {
    const { format, rotationDeg, bytes } = frame;
    if (format === 'jpeg' && rotationDeg === 0 && bytes.length <= largestOwnBytes) return Uint8Array.from(bytes);
    view.encode ??= this.#options.createEncoder();
    return view.encode(frame, []);
  }
}

/** A little less than the interval, so that a camera of just this rate isn't halved by trembling. */
function intervalMs({ perSecond, always }: LiveWish, isStill: boolean): number {
  return isStill && !always ? stillEveryMs : 900 / perSecond;
}
