/**
 * Which settings may be changed over MQTT, and so may stand in overrides.yaml: a list by key. What isn't on it, today's and
 * tomorrow's keys alike, is refused.
 */
import { basename, dirname, join } from 'node:path';
import { leavesOf, type Tree } from './layers.ts';

/** live: takes effect at once; restart: with the next start. */
export type Settable = 'live' | 'restart';

/**
 * Keys, with * for a name: of a camera or control that the configuration has already, or of a zone, line or label. The broker and its credentials, paths, programs and their
 * arguments, sources of pictures, and lines of the GPIO are not here and must never be: who may send commands could
 * otherwise take over the machine, or blind it.
 */
const settable = {
  'device.name': 'restart',
  'cameras.*.minScore': 'live',
  'cameras.*.maxDetections': 'live',
  'cameras.*.labels': 'live',
  'cameras.*.holdMs': 'live',
  'cameras.*.regions.mode': 'live',
  'cameras.*.regions.maxInferencesPerFrame': 'live',
  'cameras.*.regions.minSidePx': 'live',
  'cameras.*.regions.wholeFrameMs': 'live',
  'cameras.*.fit': 'restart',
  'cameras.*.stallTimeoutMs': 'restart',
  'cameras.*.tracking.confirmHits': 'live',
  'cameras.*.tracking.stationaryAfterMs': 'live',
  'cameras.*.tracking.stationaryHoldMs': 'live',
  'cameras.*.zones.*.points': 'live',
  'cameras.*.zones.*.labels': 'live',
  'cameras.*.zones.*.minDwellMs': 'live',
  'cameras.*.lines.*.from': 'live',
  'cameras.*.lines.*.to': 'live',
  'cameras.*.masks': 'live',
  'cameras.*.filters.*.minScore': 'live',
  'cameras.*.filters.*.minArea': 'live',
  'cameras.*.filters.*.maxArea': 'live',
  'cameras.*.filters.*.minRatio': 'live',
  'cameras.*.filters.*.maxRatio': 'live',
  'cameras.*.filters.*.usualSize': 'live',
  'cameras.*.motion.gate': 'live',
  'cameras.*.motion.lingerMs': 'live',
  'cameras.*.motion.forcedLookMs': 'live',
  'cameras.*.secondStage.maxCropsPerSecond': 'restart',
  'infer.threads': 'restart',
  'infer.edgetpu': 'restart',
  'infer.deadlineMs': 'restart',
  'infer.retryMs': 'restart',
  rules: 'live',
  'controls.*.initial': 'restart',
  'controls.*.delayMs': 'restart',
  'publish.detections': 'live',
  'publish.maxPerSecond': 'live',
  'publish.telemetryIntervalMs': 'live',
  'snapshots.enabled': 'restart',
  'snapshots.boxes': 'restart',
  'snapshots.quality': 'restart',
  'snapshots.longestSidePx': 'restart',
  'snapshots.quotaMb': 'restart',
  'snapshots.maxAgeDays': 'restart',
  'log.level': 'live',
} as const satisfies Readonly<Record<string, Settable>>;

/** Keys, with * for a name, whose change takes effect at once: live-effects.ts says how. */
export type LiveKey = {
  [Key in keyof typeof settable]: (typeof settable)[Key] extends 'live' ? Key : never;
}[keyof typeof settable];

const patterns = Object.entries(settable).map(([key, how]) => ({ key, parts: key.split('.'), how }));

/** What may be set beyond what anybody may set. */
export interface Leave {
  /** cameras.<name>.model, for the command that has tested the model before. */
  readonly mayUseModels?: boolean;
  /** The source of a camera: for the page, where the administrator gave the password again; never over MQTT. */
  readonly mayAddCameras?: boolean;
}

/** @returns undefined for a key that must not be set */
export function settableAs(path: readonly string[], leave: Leave = {}): Settable | undefined {
  if (isCameraSource(path)) return leave.mayAddCameras ? 'restart' : undefined;
  if (path.length === 3 && path[0] === 'cameras' && path[2] === 'model') return leave.mayUseModels ? 'live' : undefined;
  return patternOf(path)?.how;
}

/** The live key that a path is one of; undefined for any other path. */
export function liveKeyOf(path: readonly string[]): LiveKey | undefined {
  const pattern = patternOf(path);
  return pattern?.how === 'live' ? (pattern.key as LiveKey) : undefined;
}

function isCameraSource(path: readonly string[]): boolean {
  return path.length === 4 && path[0] === 'cameras' && path[2] === 'source' && sourceKeys.includes(path[3]!);
}

/** Keys of a source that the page keeps. */
const sourceKeys = ['type', 'input', 'cameraIndex', 'passwordFile'];

/** Where the page puts the passwords of cameras. */
export function passwordFolder(stateDir: string): string {
  return join(stateDir, 'secrets');
}

/** Is this the name of a file with the password of this camera? Each password has a file of its own: see camera-password.ts. */
export function isPasswordFileOf(name: string, camera: string): boolean {
  return name === `camera-${camera}` || (name.startsWith(`camera-${camera}.`) && /\.[0-9a-f]{8}$/.test(name));
}

/**
 * A source that the page may have kept: the Pi camera, a device for video, or an address of the network. No program, no file, no
 * folder, and no other password than the camera's own.
 */
function isKeptSource(key: string, value: unknown, camera: string): boolean {
  if (key === 'type') return value === 'rpicam' || value === 'ffmpeg' || value === 'snapshot';
  if (key === 'cameraIndex') return typeof value === 'number';
  if (typeof value !== 'string') return false;
  if (key === 'input')
    return /^\/dev\/video\d{1,3}$/.test(value) || /^(rtsps?|https?|rtmps?|srt|tcp|udp):\/\//.test(value);
  return (
    dirname(value).endsWith(passwordFolder('/')) &&
    isPasswordFileOf(basename(value), camera) &&
    !value.split('/').includes('..')
  );
}

/** What goby.txt sets beside them: the broker, and files at fixed places that root alone writes. */
export const bootSettings = {
  passwordFile: '/etc/goby/mqtt-password',
  caFile: '/etc/goby/mqtt-ca.crt',
  /** Beyond this machine, where the page opens with a password only. */
  webListen: '0.0.0.0:8971',
} as const;

/**
 * The first key that may not stand in overrides.yaml. goby can write that file, so whoever takes over goby can: it must not
 * lead root, or goby itself, to other libraries, files or programs than root has named.
 */
export function foreignOverride(values: Tree): string | undefined {
  return leavesOf(values)
    .find(({ path, value }) => !mayOverride(path, value))
    ?.path.join('.');
}

function mayOverride(path: readonly string[], value: unknown): boolean {
  if (settableAs(path, { mayUseModels: true }) !== undefined) return true;
  if (isCameraSource(path)) return isKeptSource(path[3]!, value, path[1]!);
  switch (path.join('.')) {
    case 'mqtt.broker':
    case 'mqtt.username':
      return true;
    case 'mqtt.passwordFile':
      return value === bootSettings.passwordFile;
    case 'web.listen':
      return value === bootSettings.webListen;
    case 'mqtt.tls.caFile':
      return value === bootSettings.caFile;
    default:
      return false;
  }
}

/** Everything that can be set, for the refusal of something else. */
export function settableKeys(): string[] {
  return Object.keys(settable);
}

/** Keys that differ and count only with the next start. */
export function restartKeys(running: object, wanted: object): string[] {
  return changedKeys(running, wanted).filter((key) => settableAs(key.split('.'), { mayUseModels: true }) !== 'live');
}

/** Dotted keys whose values differ. */
export function changedKeys(before: object, after: object): string[] {
  const texts = [before, after].map(
    (config) => new Map(leavesOf(config).map(({ path, value }) => [path.join('.'), JSON.stringify(value)])),
  );
  const [old, next] = texts as [Map<string, string>, Map<string, string>];
  return [...new Set([...old.keys(), ...next.keys()])].filter((key) => old.get(key) !== next.get(key));
}

function patternOf(path: readonly string[]): (typeof patterns)[number] | undefined {
  return patterns.find(
    ({ parts }) => parts.length === path.length && parts.every((part, index) => part === '*' || part === path[index]),
  );
}
