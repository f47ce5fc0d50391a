/** The agent's page: the server, who may log in, live pictures, and what only the page is fed with. The agent runs on without it. */
import { join } from 'node:path';
import type { LoadedConfig } from '../config/load.ts';
import { webPlaces } from '../config/web-section.ts';
import { InputError, isExpected, sentence, UnavailableError } from '../errors.ts';
import type { MessageFeed } from '../flow/publish/message-feed.ts';
import type { Sink } from '../flow/sink.ts';
import { createJpegEncoder } from '../flow/snapshot/jpeg-encoder.ts';
import { LiveView } from '../flow/view/live-view.ts';
import { seenFrame, stillFrame } from '../flow/view/seen-frame.ts';
import type { Logger } from '../logger.ts';
import type { Health } from '../system/service/health.ts';
import { openAccounts } from '../web/login/accounts.ts';
import { createDoorkeeper } from '../web/login/doorkeeper.ts';
import { createLoginLimits } from '../web/login/login-limits.ts';
import { openSessions } from '../web/login/sessions.ts';
import { readStaticFiles } from '../web/server/static-files.ts';
import { isPrivate, WebServer } from '../web/server/web-server.ts';
import type { CameraSetup } from '../web/setup/camera-setup.ts';

export interface AgentPageParts {
  readonly loaded: Pick<LoadedConfig, 'config' | 'places'>;
  readonly health: Pick<Health, 'report'>;
  readonly logger: Logger;
  readonly feed: MessageFeed;
  readonly setup: CameraSetup;
  picture(event: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** A photo of a training set. */
  trainingPhoto(set: string, className: string, name: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** What Prometheus reads. */
  metrics(): Promise<string>;
}

export interface AgentPage {
  readonly sinks: readonly Sink[];
  /** Never rejects: a page that can't be had is told in health and the log. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Open pages. */
  readonly viewers: number;
  /** The next frame of a camera, as viewers see it, with nothing drawn into it. @throws UnavailableError when none comes in time */
  frame(camera: string): Promise<Uint8Array>;
}

const framePatienceMs = 15_000;

/** Good enough to look at, and half the bytes of a snapshot. */
const liveQuality = 70;
const liveLongestSidePx = 1280;

export function createAgentPage({
  loaded,
  health,
  logger,
  feed,
  setup,
  picture,
  trainingPhoto,
  metrics,
}: AgentPageParts): AgentPage {
  const { config, places } = loaded;
  const files = webPlaces(places);
  const view = new LiveView({
    cameras: Object.keys(config.cameras),
    createEncoder: () =>
      createJpegEncoder({ ...config.snapshots, boxes: false, quality: liveQuality, longestSidePx: liveLongestSidePx }),
    onError: (error) => logger.debug(`a live picture is left out: ${sentence(error)}`),
  });
  const sessions = openSessions({ path: files.sessions, logger });
  const server = new WebServer({
    config: config.web,
    doorkeeper: createDoorkeeper({
      accounts: openAccounts(files.passwords),
      sessions,
      limits: createLoginLimits(() => performance.now()),
      isPrivate: isPrivate(config.web),
      logger,
    }),
    sessions,
    feed,
    live: view,
    files: readStaticFiles(join(places.root, 'dist', 'page')),
    picture: async (event) => {
      const bytes = await picture(event);
      return bytes === undefined ? undefined : { bytes, type: 'image/jpeg' };
    },
    trainingPhoto,
    metrics,
    setup,
    logger,
  });
  return {
    frame: (camera) => nextFrame(view, camera),
    sinks: [
      {
        frame: (frame, seen, tracked) => view.frame(frame, () => seenFrame(seen, tracked)),
        still: (frame) => view.still(frame, () => stillFrame(frame)),
      },
    ],
    start: async () => {
      try {
        const address = await server.start();
        if (address === undefined) return;
        health.report('page', { state: 'ready', detail: address });
        logger.info(`the page is at ${address}`);
      } catch (error) {
        if (!isExpected(error)) throw error;
        health.report('page', { state: 'unavailable', detail: sentence(error) });
        logger.warn(sentence(error));
      }
    },
    stop: () => server.stop(),
    get viewers() {
      return server.viewers;
    },
  };
}

function nextFrame(view: LiveView, camera: string): Promise<Uint8Array> {
  if (!view.cameras.includes(camera)) return Promise.reject(new InputError(`There is no camera ${camera}.`));
  return new Promise((resolve, reject) => {
    const stop = view.watch(camera, { perSecond: 15, always: true }, ({ jpeg }) => {
      clearTimeout(timer);
      stop();
      resolve(jpeg);
    });
    const timer = setTimeout(() => {
      stop();
      reject(new UnavailableError(`No frame of camera ${camera} came within ${framePatienceMs / 1000} s.`));
    }, framePatienceMs);
    timer.unref();
  });
}
