/** request/restart, request/log-level and request/snapshot. */
import { z } from 'zod';
import { InputError } from '../../errors.ts';
import { bareRequest, type RequestHandler, request, transaction } from '../../flow/publish/request.ts';
import { type LogThreshold, logLevels } from '../../logger.ts';

/** Two restarts are at least this far apart, so that a client that asks without end doesn't keep goby from watching. */
const shortestRunMs = 10_000;

export interface DeviceParts {
  readonly threshold: LogThreshold;
  readonly cameras: () => readonly string[];
  /** Starts the agent anew; returns at once. */
  restart(reason: string): void;
  /** Takes and publishes a picture. @throws GobyError when there is none to be had */
  snapshot(camera: string): Promise<SnapshotTaken>;
  /** Since the start, ms. */
  uptimeMs(): number;
}

export interface SnapshotTaken {
  /** Wall clock of the frame, ms since 1970. */
  readonly capturedAtMs: number;
  readonly jpeg: Uint8Array;
  /** Where it is kept on the device, if it is. */
  readonly file?: string;
}

const levelPayload = z.looseObject({ level: z.enum(logLevels), transaction });
const snapshotPayload = z.looseObject({ camera: z.string().max(64).optional(), transaction });

export function deviceRequests(parts: DeviceParts): Record<string, RequestHandler> {
  return {
    restart: bareRequest(() => restart(parts)),
    // Until the next start; config-set of log.level is for good.
    'log-level': request(levelPayload, `{"level":"${logLevels.join('|')}"}`, ({ level }) => {
      const before = parts.threshold.level;
      parts.threshold.level = level;
      return { level, before };
    }),
    snapshot: request(snapshotPayload, '{"camera":"front"}', ({ camera }) => snapshot(parts, camera), {
      mostPerMinute: 60,
    }),
  };
}

function restart({ restart: startAnew, uptimeMs }: DeviceParts): object {
  const runForMs = uptimeMs();
  if (runForMs < shortestRunMs) {
    const seconds = (runForMs / 1000).toFixed(0);
    throw new InputError(`goby started ${seconds} s ago; it can be restarted ${shortestRunMs / 1000} s after a start.`);
  }
  startAnew('asked for over MQTT');
  return { restarting: true };
}

async function snapshot({ cameras, snapshot: take }: DeviceParts, asked: string | undefined): Promise<object> {
  const known = cameras();
  const camera = asked ?? (known.length === 1 ? known[0] : undefined);
  if (camera === undefined || !known.includes(camera)) {
    const message = camera === undefined ? 'Which camera?' : `There is no camera ${camera}.`;
    throw new InputError(message, { remedy: `Cameras here: ${known.join(', ')}.` });
  }
  const { capturedAtMs, jpeg, file } = await take(camera);
  const kept = file === undefined ? {} : { file };
  return { camera, time: new Date(capturedAtMs).toISOString(), bytes: jpeg.byteLength, ...kept };
}
