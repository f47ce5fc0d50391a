/** What may be set over MQTT, held against the whole schema: each key that is added to it is refused until someone decides. */
import test from 'ava';
import fc from 'fast-check';
import { configSchema } from '../../src/config/schema.ts';
import { foreignOverride, restartKeys, settableAs, settableKeys } from '../../src/config/settable.ts';
import { schemaPaths } from './schema-paths.ts';

const all = schemaPaths(configSchema);
const allowed = all.filter((key) => settableAs(key.split('.')) !== undefined);

test('the keys that can be set are these and no others', (t) => {
  t.deepEqual(allowed.sort(), [
    'cameras.*.filters.*.maxArea',
    'cameras.*.filters.*.maxRatio',
    'cameras.*.filters.*.minArea',
    'cameras.*.filters.*.minRatio',
    'cameras.*.filters.*.minScore',
    'cameras.*.filters.*.usualSize',
    'cameras.*.fit',
    'cameras.*.holdMs',
    'cameras.*.labels',
    'cameras.*.lines.*.from',
    'cameras.*.lines.*.to',
    'cameras.*.masks',
    'cameras.*.maxDetections',
    'cameras.*.minScore',
    'cameras.*.motion.forcedLookMs',
    'cameras.*.motion.gate',
    'cameras.*.motion.lingerMs',
    'cameras.*.regions.maxInferencesPerFrame',
    'cameras.*.regions.minSidePx',
    'cameras.*.regions.mode',
    'cameras.*.regions.wholeFrameMs',
    'cameras.*.secondStage.maxCropsPerSecond',
    'cameras.*.stallTimeoutMs',
    'cameras.*.tracking.confirmHits',
    'cameras.*.tracking.stationaryAfterMs',
    'cameras.*.tracking.stationaryHoldMs',
    'cameras.*.zones.*.labels',
    'cameras.*.zones.*.minDwellMs',
    'cameras.*.zones.*.points',
    'controls.*.delayMs',
    'controls.*.initial',
    'device.name',
    'infer.deadlineMs',
    'infer.edgetpu',
    'infer.retryMs',
    'infer.threads',
    'log.level',
    'publish.detections',
    'publish.maxPerSecond',
    'publish.telemetryIntervalMs',
    'rules',
    'snapshots.boxes',
    'snapshots.enabled',
    'snapshots.longestSidePx',
    'snapshots.maxAgeDays',
    'snapshots.quality',
    'snapshots.quotaMb',
  ]);
  t.deepEqual(allowed.sort(), settableKeys().sort(), 'nothing on the list is missing from the schema');
  t.true(all.length > 1.5 * allowed.length);
});

test('broker, credentials, paths, program arguments, capture sources and lines are refused', (t) => {
  const dangerous = all.filter((key) =>
    /^mqtt\.|^service\.|^models\.|^outputs\.|^device\.id$|source|[pP]ath$|[fF]ile$|[lL]ibrary$|topicPrefix|model$/.test(
      key,
    ),
  );
  t.true(dangerous.length > 40);
  t.deepEqual(
    dangerous.filter((key) => allowed.includes(key)),
    [],
  );
});

test('a key that nobody has decided about is refused, wherever it is', (t) => {
  const part = fc.oneof(fc.constantFrom('cameras', 'front', 'minScore', 'log', 'level', 'rules'), fc.string());
  const path = fc.array(part, { maxLength: 5 });
  const known = settableKeys().map(
    (key) => new RegExp(`^${key.replaceAll('.', '\n').replaceAll('*', '[^\n]*')}$`, 's'),
  );
  fc.assert(
    fc.property(path, (parts) => {
      const isKnown = known.some((pattern) => pattern.test(parts.join('\n')));
      return isKnown || settableAs(parts) === undefined;
    }),
    { numRuns: 1000 },
  );
  for (const key of ['cameras.front.brandNew', 'brandNew', 'log', 'log.level.x', 'cameras.front', 'cameras', '']) {
    t.is(settableAs(key.split('.')), undefined, key);
  }
});

test('a model is set only by the command that has tested it', (t) => {
  const path = ['cameras', 'front', 'model'];
  t.is(settableAs(path), undefined);
  t.is(settableAs(path, { mayUseModels: true }), 'live');
});

test('keys that wait for a start are told, those that took effect are not', (t) => {
  const running = configSchema.parse({});
  const wanted = configSchema.parse({
    log: { level: 'debug' },
    infer: { threads: 2 },
    device: { name: 'Door' },
    cameras: { camera: { minScore: 0.9 } },
  });
  t.deepEqual(restartKeys(running, wanted).sort(), ['device.name', 'infer.threads']);
  t.deepEqual(restartKeys(running, running), []);
});

test('only a source that the page may have kept stands in the overrides', (t) => {
  const source = (found: object) => foreignOverride({ cameras: { gate: { source: found } } });
  t.is(source({ type: 'rpicam', cameraIndex: 1 }), undefined);
  t.is(source({ type: 'ffmpeg', input: '/dev/video0' }), undefined);
  for (const file of ['camera-gate', 'camera-gate.0a1b2c3d'])
    t.is(source({ type: 'ffmpeg', input: 'rtsp://cam/1', passwordFile: `/var/lib/goby/secrets/${file}` }), undefined);
  for (const wrong of [
    { type: 'folder' },
    { type: 'ffmpeg', path: '/x' },
    { input: '/etc/passwd' },
    { input: 'file:///etc/passwd' },
    { input: '/dev/video0/../../etc/passwd' },
    { passwordFile: '/etc/shadow' },
    { passwordFile: '/var/lib/goby/secrets/camera-other' },
    { passwordFile: '/var/lib/goby/secrets/camera-other.0a1b2c3d' },
    { passwordFile: '/var/lib/goby/secrets/camera-gate.passwd' },
    { passwordFile: '/var/lib/goby/camera-gate.0a1b2c3d' },
    { passwordFile: '/var/lib/goby/../secrets/camera-gate' },
    { inputFormat: 'mjpeg' },
  ]) {
    t.regex(source(wrong) ?? '', /^cameras\.gate\.source/, JSON.stringify(wrong));
  }
});
