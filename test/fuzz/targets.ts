/** Everything that takes what strangers write: each with the inputs it is meant for, and what may come of any other. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import sharp from 'sharp';
import { loadConfig } from '../../src/config/load.ts';
import { findPlaces } from '../../src/config/places.ts';
import { isExpected, sentence } from '../../src/errors.ts';
import { JpegScanner } from '../../src/flow/capture/jpeg-scanner.ts';
import { MessageReader } from '../../src/flow/infer/message-reader.ts';
import { encodeHead } from '../../src/flow/infer/protocol.ts';
import { replySchema } from '../../src/flow/infer/reply-schema.ts';
import { WorkerProcess } from '../../src/flow/infer/worker-process.ts';
import { createPreprocessor } from '../../src/flow/preprocess/preprocessor.ts';
import { Outbox } from '../../src/flow/publish/outbox/outbox.ts';
import { encodeLine } from '../../src/flow/publish/outbox/record.ts';
import { silentLogger } from '../../src/logger.ts';
import { eventOf, sampleClock, startMs } from '../flow/publish/samples.ts';
import { brokerTarget } from './broker-target.ts';
import { cameraAnswers } from './camera-answers.ts';
import { labelsTarget, metadataTarget, modelTarget } from './model-targets.ts';
import { commandTarget, settingsTarget } from './request-targets.ts';

export interface FuzzTarget {
  readonly seeds: readonly Uint8Array[];
  /** Resolves, whatever the bytes are, with what came of them. @throws what must not happen */
  run(bytes: Buffer): Promise<string> | string;
  stop?(): Promise<void> | void;
}

const places = findPlaces();

/** Errors that say what is wrong with the input are what is wanted. */
async function expecting(work: () => unknown): Promise<string> {
  try {
    await work();
    return 'taken';
  } catch (error) {
    if (!isExpected(error)) throw error;
    return sentence(error);
  }
}

function configTarget(folder: string): FuzzTarget {
  const file = join(folder, 'goby.yaml');
  const env = { GOBY_STATE_DIR: folder };
  const examples = ['goby.yaml', 'examples/rtsp-camera.yaml', 'examples/pi-camera.yaml'];
  return {
    seeds: [
      ...examples.map((name) => readFileSync(join(places.root, 'config', name))).map(withoutComments),
      Buffer.from(trapsOfYaml),
    ],
    run: async (bytes) => {
      const load = (text: Uint8Array | string) =>
        expecting(() => {
          writeFileSync(file, text);
          loadConfig({ file, env });
        });
      // Most changed bytes are no UTF-8 any more, and are refused before YAML is read: once more as letters.
      return `${await load(bytes)} ${await load(bytes.toString('latin1').replaceAll('\0', ' '))}`;
    },
  };
}

/** Aliases, merge keys, braces, quotes, tags and numbers in many spellings. */
const trapsOfYaml = `cameras:
  front: &front { minScore: 0,5, labels: [person, 'no', "a\\tb", 0x1F, 1e3, ~], source: { type: auto } }
  back: { <<: [*front, { holdMs: 10 }], masks: [[[0, 0], [0,5, 1], [1, 1]]], !!str model: default }
rules: [{ name: a, label: "*", output: led, schedule: [{ from: 22:00 }], actions: [{ type: message }] }]
? mqtt
: { broker: "mqtt://[::1]:1883", username: 007 }
`;

/** Mutations of comments find nothing. */
function withoutComments(bytes: Buffer): Buffer {
  return Buffer.from(bytes.toString('utf8').replaceAll(/^\s*#.*\n/gm, ''));
}

async function jpegTarget(): Promise<FuzzTarget> {
  const preprocessor = createPreprocessor({
    input: { index: 0, name: 'picture', type: 'uint8', shape: [1, 32, 32, 3], scale: 1, zeroPoint: 0 },
    fit: 'letterbox',
  });
  const noise = {
    create: {
      width: 48,
      height: 32,
      channels: 3,
      background: '#a05',
      noise: { type: 'gaussian', mean: 128, sigma: 30 },
    },
  } as const;
  const picture = sharp(noise);
  return {
    seeds: [
      await picture.clone().jpeg({ quality: 60 }).toBuffer(),
      await picture.clone().jpeg({ progressive: true, chromaSubsampling: '4:4:4' }).toBuffer(),
      await picture
        .clone()
        .withExif({ IFD0: { Make: 'goby' } })
        .jpeg()
        .toBuffer(),
    ],
    run: async (bytes) => {
      const scanner = new JpegScanner();
      for (let at = 0; at < bytes.length; ) at = scanner.scan(bytes, at);
      return expecting(async () => {
        await preprocessor.prepare({
          camera: 'fuzz',
          sequence: 1,
          capturedAtMs: 0,
          monotonicMs: 0,
          format: 'jpeg',
          widthPx: 48,
          heightPx: 32,
          rotationDeg: 0,
          strideBytes: 0,
          bytes,
          retain: () => undefined,
          release: () => undefined,
        });
      });
    },
  };
}

/** As WorkerProcess reads: whatever the reader or the schema throws ends the worker, and nothing else. */
function messageTarget(): FuzzTarget {
  const result = encodeHead({ kind: 'result', id: 1, invokeMs: 2.5 }, 24);
  const failed = encodeHead({ kind: 'failed', id: 2, message: 'no', permanent: false }, 0);
  const loaded = encodeHead(
    {
      kind: 'loaded',
      id: 3,
      backend: 'cpu',
      inputs: [{ index: 0, name: 'in', type: 'uint8', shape: [1, 8, 8, 3], scale: 0.5, zeroPoint: 128 }],
      outputs: [],
      outputBytes: [40],
    },
    0,
  );
  return {
    seeds: [Buffer.concat([result, Buffer.alloc(24, 7), failed]), Buffer.concat([loaded, failed])],
    run: (bytes) => {
      const reader = new MessageReader({ onMessage: (header) => void replySchema.parse(header) });
      let outcome = 'taken';
      // As a pipe does, it goes on after an error.
      for (let at = 0; at < bytes.length; at += 37) {
        try {
          reader.push(bytes.subarray(at, at + 37));
        } catch (error) {
          const { name, message } = error as Error;
          if (!['RangeError', 'SyntaxError', 'ZodError', '$ZodError'].includes(name)) throw error;
          outcome = `${name}: ${message}`;
        }
      }
      return outcome;
    },
  };
}

/** The real library in a worker that may die of it: the next input gets a new one. */
function workerTarget(folder: string): FuzzTarget {
  const file = join(folder, 'fuzz.tflite');
  const settings = { accelerator: 'cpu', library: places.runtimeLibrary, threads: 1 } as const;
  let worker: WorkerProcess | undefined;
  const small = join(places.root, 'var/models/face-detection-short-range/face_detection_short_range.tflite');
  return {
    seeds: [readFileSync(small)],
    run: async (bytes) => {
      writeFileSync(file, bytes);
      const fresh = worker === undefined;
      worker ??= new WorkerProcess(settings, silentLogger);
      if (fresh) {
        void worker.exited.then(() => {
          worker = undefined;
        });
      }
      return expecting(() =>
        worker!.request({ kind: 'load', model: 'fuzz', path: file, sha256: '', feedback: [] }, { deadlineMs: 20_000 }),
      );
    },
    stop: async () => {
      const last = worker;
      last?.kill('the fuzz is over');
      await last?.exited;
    },
  };
}

function outboxTarget(folder: string): FuzzTarget {
  const file = join(folder, 'outbox', `events-${'1'.padStart(15, '0')}.log`);
  const record = (sequence: number, id: string) => ({
    sequence,
    event: eventOf(id),
    stamp: { bootId: 'boot', sinceBootMs: 1500, wallMs: startMs, synchronised: true },
    live: true,
  });
  const lines = [
    encodeLine({ kind: 'state', version: 1, takenTo: 0, open: [record(1, 'a')], clockOffsets: { boot: 5 } }),
    encodeLine({ kind: 'event', record: record(1, 'a') }),
    encodeLine({ kind: 'event', record: record(2, 'b') }),
    encodeLine({ kind: 'taken', to: 1 }),
  ];
  let turn = 0;
  return {
    seeds: [Buffer.from(lines.join(''))],
    run: async (bytes) => {
      await rm(join(folder, 'outbox'), { recursive: true, force: true });
      const outbox = new Outbox({
        folder: join(folder, 'outbox'),
        maxBytes: 1_048_576,
        syncIntervalMs: 1000,
        clock: sampleClock,
        logger: silentLogger,
      });
      mkdirSync(join(folder, 'outbox'));
      turn += 1;
      // Every second time the checksums are right, so that what they protect is looked at.
      writeFileSync(file, turn % 2 === 0 ? bytes : withChecksums(bytes));
      await outbox.open();
      const { waitingEvents, lostEventsTotal } = outbox.report();
      const found = `${howMany(outbox.readyTo)} written, ${howMany(waitingEvents)} wait, ${howMany(lostEventsTotal)} lost`;
      for (let next = outbox.oldest; next <= outbox.readyTo && next < outbox.oldest + 20; next++)
        await outbox.from(next);
      outbox.add(eventOf('c'), false);
      await outbox.close();
      return found;
    },
  };
}

/** In words: numbers alone don't make an outcome another one. */
function howMany(count: number): string {
  return ['none', 'one', 'two', 'three'][count] ?? 'many';
}

function withChecksums(bytes: Buffer): Buffer {
  const lines = bytes.toString('latin1').split('\n');
  const checked = lines.map((line) => {
    const text = Buffer.from(line.slice(9), 'latin1');
    return `${crc32(text).toString(16).padStart(8, '0')} ${text.toString('latin1')}`;
  });
  return Buffer.from(checked.join('\n'), 'latin1');
}

/** @param folder for files; a RAM disk where there is one */
export async function fuzzTargets(folder: string): Promise<Readonly<Record<string, FuzzTarget>>> {
  return {
    config: configTarget(folder),
    commands: commandTarget(),
    'camera-answers': cameraAnswers,
    settings: settingsTarget(folder),
    jpeg: await jpegTarget(),
    'worker-messages': messageTarget(),
    tflite: modelTarget(),
    metadata: metadataTarget(),
    labels: labelsTarget(),
    'tflite-worker': workerTarget(folder),
    outbox: outboxTarget(folder),
    broker: await brokerTarget(),
  };
}
