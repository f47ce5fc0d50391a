/** Every topic goby publishes to or listens on, below <prefix>/<device id>. Pure functions. */

export interface TopicBase {
  readonly prefix: string;
  readonly deviceId: string;
}

export type Topics = ReturnType<typeof topicsFor>;

export function topicsFor({ prefix, deviceId }: TopicBase) {
  const base = `${prefix}/${deviceId}`;
  return {
    base,
    state: `${base}/state`,
    info: `${base}/info`,
    telemetry: `${base}/telemetry`,
    health: `${base}/health`,
    detections: (camera: string) => `${base}/${camera}/detections`,
    events: (camera: string) => `${base}/${camera}/events`,
    presence: (camera: string, label: string) => `${base}/${camera}/object/${slug(label)}`,
    count: (camera: string, label: string) => `${base}/${camera}/object/${slug(label)}/count`,
    outputState: (name: string) => `${base}/output/${name}/state`,
    outputSet: (name: string) => `${base}/output/${name}/set`,
    request: (command: string) => `${base}/request/${command}`,
    response: (command: string) => `${base}/response/${command}`,
    /** What goby subscribes to: commands only, never its own output. */
    commandFilters: [`${base}/request/+`, `${base}/output/+/set`],
  };
}

/** A label as a topic level: lower case, everything else than a-z, 0-9, _ and - as one _; never empty. */
export function slug(label: string): string {
  const plain = label
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]+/g, '_')
    .replaceAll(/^_+|_+$/g, '');
  return plain === '' ? '_' : plain;
}
