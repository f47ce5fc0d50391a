/** Every topic goby publishes to or listens on, below <prefix>/<device id>. Pure functions. */
import type { reservedNames } from '../../config/schema.ts';
import { ConfigError } from '../../errors.ts';
import { slug } from '../../text/slug.ts';

export interface TopicBase {
  /** One or more levels, without wildcards. */
  readonly prefix: string;
  readonly deviceId: string;
}

export type Topics = ReturnType<typeof topicsFor>;

/** The levels beside the cameras: the type keeps them the names that the configuration refuses for cameras. */
const ownLevels: Record<(typeof reservedNames)[number], true> = {
  output: true,
  request: true,
  response: true,
  state: true,
  info: true,
  telemetry: true,
  health: true,
  control: true,
  alert: true,
};

/** @throws ConfigError for a prefix or name that would put a wildcard, an empty level or one of goby's own levels into a topic */
export function topicsFor({ prefix, deviceId }: TopicBase) {
  if (!/^[^+#\p{Cc}/\s]+(\/[^+#\p{Cc}/\s]+)*$/u.test(prefix)) {
    throw new ConfigError(
      `publish.topicPrefix: expected a topic without wildcards (+ #), spaces or empty levels, got ${prefix}.`,
    );
  }
  const base = `${prefix}/${level('device.id', deviceId)}`;
  return {
    base,
    state: `${base}/state`,
    info: `${base}/info`,
    telemetry: `${base}/telemetry`,
    health: `${base}/health`,
    detections: (camera: string) => `${base}/${cameraLevel(camera)}/detections`,
    events: (camera: string) => `${base}/${cameraLevel(camera)}/events`,
    presence: (camera: string, label: string) => `${base}/${cameraLevel(camera)}/object/${slug(label)}`,
    count: (camera: string, label: string) => `${base}/${cameraLevel(camera)}/object/${slug(label)}/count`,
    /** Without a label: of a snapshot that someone asked for. */
    snapshot: (camera: string, label?: string) =>
      `${base}/${cameraLevel(camera)}/snapshot${label === undefined ? '' : `/${slug(label)}`}`,
    outputState: (name: string) => `${base}/output/${level('the name of an output', name)}/state`,
    outputSet: (name: string) => `${base}/output/${level('the name of an output', name)}/set`,
    controlState: (name: string) => `${base}/control/${level('the name of a control', name)}/state`,
    controlSet: (name: string) => `${base}/control/${level('the name of a control', name)}/set`,
    alert: (name: string) => `${base}/alert/${level('the name of an alert', name)}`,
    request: (request: string) => `${base}/request/${level('a request', request)}`,
    response: (request: string) => `${base}/response/${level('a request', request)}`,
    /** What goby subscribes to: requests only, never its own output. */
    requestFilters: [`${base}/request/+`, `${base}/output/+/set`, `${base}/control/+/set`],
  };
}

function cameraLevel(name: string): string {
  if (Object.hasOwn(ownLevels, name)) {
    throw new ConfigError(`cameras.${name}: ${name} is one of goby's own topics; name the camera otherwise.`);
  }
  return level('the name of a camera', name);
}

function level(what: string, name: string): string {
  if (/^[a-z0-9_-]{1,64}$/.test(name)) return name;
  throw new ConfigError(`${what}: expected 1 to 64 of a-z, 0-9, _ and -, got ${JSON.stringify(name)}.`);
}
