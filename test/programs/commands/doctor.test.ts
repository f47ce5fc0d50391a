/** The command as a person runs it: a process of its own, with and without an agent. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { silentLogger } from '../../../src/logger.ts';
import type { AgentStatus } from '../../../src/system/service/status.ts';
import { StatusServer } from '../../../src/system/service/status-socket.ts';
import { places, testRequiring } from '../../requiring.ts';
import { sampleStatus } from '../../system/service/agent-status-sample.ts';

const program = join(import.meta.dirname, '..', 'doctor', 'fixtures', 'doctor.ts');

interface Visit {
  readonly folder: string;
  doctor(config: object, args?: readonly string[]): Promise<{ code: number; lines: string[]; text: string }>;
}

async function visit(t: ExecutionContext): Promise<Visit> {
  const folder = await mkdtemp(join(tmpdir(), 'goby-doctor-'));
  t.teardown(() => rm(folder, { recursive: true }));
  return {
    folder,
    doctor: async (config, args = []) => {
      const file = join(folder, 'goby.yaml');
      await writeFile(file, JSON.stringify({ service: { statusSocket: './status.sock', stateDir: '.' }, ...config }));
      return new Promise((resolve) => {
        execFile(
          process.execPath,
          ['--import=tsx', program, '--config', file, ...args],
          { env: { ...process.env, GOBY_STATE_DIR: folder } },
          (error, stdout, stderr) => {
            const code = typeof error?.code === 'number' ? error.code : 0;
            resolve({ code, text: stdout + stderr, lines: stdout.trim().split('\n') });
          },
        );
      });
    },
  };
}

/** Level and sentence of a part's line. */
function lineOf(lines: readonly string[], part: string): string {
  const found = lines.find((line) => line.slice(6).startsWith(`${part} `)) ?? '';
  return `${found.slice(0, 4).trim()}: ${found.slice(6 + part.length).trim()}`;
}

async function startAgent(t: ExecutionContext, folder: string, changes: Partial<AgentStatus>): Promise<void> {
  const server = new StatusServer({
    path: join(folder, 'status.sock'),
    status: () => sampleStatus({ startedAtMs: Date.now(), ...changes }),
    logger: silentLogger,
  });
  await server.start();
  t.teardown(() => server.stop());
}

test('everything that is wrong is told at once, each with its mend, and the exit code is 1', async (t) => {
  const { folder, doctor } = await visit(t);
  const { code, lines } = await doctor({
    cameras: {
      front: { source: { type: 'folder', path: './nothing' }, model: 'no-such-model' },
      back: { source: { type: 'ffmpeg', input: '/dev/video63' }, model: 'no-such-model' },
    },
    infer: { library: './nothing.so' },
    mqtt: { broker: 'mqtt://127.0.0.1:1', username: 'goby' },
    outputs: { led: { line: 'GPIO17', adapter: 'gpiochip' } },
  });
  t.is(code, 1);
  t.regex(lineOf(lines, 'camera front'), new RegExp(`^fail: The folder ${folder}/nothing is not there\\. Set `));
  t.regex(
    lineOf(lines, 'camera back'),
    /^fail: (There is no camera \/dev\/video63|The program ffmpeg isn't installed)/,
  );
  t.regex(lineOf(lines, 'model no-such-model'), /^fail: .*no-such-model/);
  t.regex(lineOf(lines, 'tensorflow lite'), /^fail: The library .*nothing\.so is not there\. Correct infer\.library/);
  t.regex(lineOf(lines, 'broker'), /^fail: mqtt:\/\/127\.0\.0\.1:1 can't be reached: nothing listens there/);
  t.regex(lineOf(lines, 'output led'), /^(fail: .*GPIO17|ok: GPIO17)/);
  t.regex(lineOf(lines, 'system'), /^ok: .*Node/);
  t.regex(lineOf(lines, 'disk'), /^(ok|warn): /);
  t.is(lines.length, new Set(lines.map((line) => line.slice(0, 22))).size, 'one line for each part');
});

test('a configuration that can not be used is told, and only the machine is looked at', async (t) => {
  const { doctor } = await visit(t);
  const { code, lines, text } = await doctor({ frob: 1, mqtt: { broker: 3 } });
  t.is(code, 1);
  t.regex(
    lineOf(lines, 'config'),
    /^fail: The configuration .* has 2 problems: .*mqtt\.broker: expected .*frob: unknown key/,
  );
  t.notRegex(text, /^\w+ +(camera|model|broker|output)|\bat .*\.ts:\d+/m);
  t.regex(lineOf(lines, 'clock'), /^(ok|warn): /);
});

testRequiring(
  [{ kind: 'runtime' }, { kind: 'samples' }],
  'on a machine where all is well it exits 0, after one real inference',
  async (t) => {
    const { doctor } = await visit(t);
    const { code, text } = await doctor(
      {
        cameras: { front: { source: { type: 'folder', path: places.photos }, model: 'face-detection-short-range' } },
        mqtt: { broker: 'off' },
        outputs: { led: { line: 'GPIO17', adapter: 'simulated' } },
        rules: [],
      },
      ['--json'],
    );
    t.is(code, 0, text);
    const { ok, findings } = JSON.parse(text) as {
      ok: boolean;
      findings: { part: string; level: string; sentence: string; remedy?: string }[];
    };
    t.true(ok);
    const of = (part: string) => findings.find((finding) => finding.part === part);
    t.regex(
      of('model face-detection-short-range')?.sentence ?? '',
      /one inference on (xnnpack|cpu|edgetpu) (with \d+ threads? )?took [\d.]+ ms/,
    );
    t.regex(of('tensorflow lite')?.sentence ?? '', /libtensorflowlite_c\.so, version \d/);
    t.is(of('camera front')?.sentence, `6 photos of ${places.photos} are replayed.`);
    t.like(of('output led'), { level: 'warn', sentence: 'GPIO17 is simulated, as configured: nothing is switched.' });
  },
);

test('while an agent runs it is asked, and nothing is opened', async (t) => {
  const { folder, doctor } = await visit(t);
  await startAgent(t, folder, {
    cameras: {
      front: { state: 'reconnecting', detail: 'The camera is busy: it is in use by motion (process 812).' },
    },
    telemetry: { undervoltage: true },
  });
  // Looked at directly, these would fail in another way.
  const { code, lines } = await doctor({
    cameras: { front: { source: { type: 'folder', path: './nothing' } } },
    mqtt: { broker: 'mqtt://127.0.0.1:1' },
  });
  t.is(code, 1);
  t.is(lineOf(lines, 'service'), 'ok: goby 0.1.0 runs as process 4711, since 0 min.');
  t.is(lineOf(lines, 'camera front'), 'fail: The camera is busy: it is in use by motion (process 812).');
  t.is(lineOf(lines, 'model ssd'), 'ok: Loaded on xnnpack, SHA-256 aaaaaaaaaaaa.');
  t.is(lineOf(lines, 'broker'), 'ok: Connected to mqtt://broker:1883.');
  t.is(lineOf(lines, 'output led'), 'ok: GPIO17 through gpiochip, now off.');
  t.regex(lineOf(lines, 'power'), /^fail: The supply's voltage is too low now/);
});

test('an agent that does not answer may hold the hardware: it is told, and the parts are left alone', async (t) => {
  const { folder, doctor } = await visit(t);
  const server = createServer(() => undefined);
  await new Promise<void>((resolve) => server.listen(join(folder, 'status.sock'), resolve));
  t.teardown(() => server.close());
  const { code, lines, text } = await doctor({ mqtt: { broker: 'off' } });
  t.is(code, 1);
  t.regex(lineOf(lines, 'service'), /^fail: The agent at .*status\.sock gave no status: no answer within 3000 ms/);
  t.notRegex(text, /^\w+ +(camera|model|broker|output|edge tpu)/m);
});
