/** Every command as a user types it. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { mirror, places, shared, testRequiring } from '../requiring.ts';
import { goby, observe } from './program.ts';
import { makeWorkplace, samplesConfig } from './workplace.ts';

const commands = [
  'run',
  'doctor',
  'check-config',
  'classify',
  'detect',
  'outputs',
  'bench',
  'models',
  'models list',
  'models pull',
  'models info',
  'models verify',
  'models inspect',
];

for (const command of commands) {
  test(`goby ${command} --help shows an example`, async (t) => {
    const help = goby([...command.split(' '), '--help']);
    t.is(await help.exited, 0);
    t.regex(help.text, /Examples?:\n\s+(sudo )?goby /);
  });
}

test('an unknown command or option is wrong usage: 64, with a way out', async (t) => {
  for (const args of [['frobnicate'], ['run', '--frob'], ['outputs', 'set']]) {
    const wrong = goby(args);
    t.is(await wrong.exited, 64, args.join(' '));
    t.notRegex(wrong.text, /\bat .*\.(ts|js):\d+/);
  }
});

testRequiring(
  [{ kind: 'mirror' }, { kind: 'runtime' }],
  'goby classify says macaw first for the parrot, also when another file fails',
  async (t) => {
    const model = join(mirror!, 'mobilenet_v2_1.0_224_quant.tflite');
    const args = [
      'classify',
      shared('images/parrot.jpg'),
      'nowhere.jpg',
      '--model',
      model,
      '--labels',
      join(mirror!, 'imagenet_labels.txt'),
    ];
    const told = goby(args);
    t.is(await told.exited, 1);
    t.regex(told.text, /nowhere\.jpg can't be read: there is no such file/);
    t.regex(told.text, /\n {2}0\.\d+ {2}macaw/);
    const json = goby([...args.filter((one) => one !== 'nowhere.jpg'), '--json', '--top', '1']);
    t.is(await json.exited, 0);
    t.is(JSON.parse(json.lines.at(-1)!).detections[0].label, 'macaw');
  },
);

testRequiring([{ kind: 'runtime' }, { kind: 'samples' }], 'goby detect finds faces and draws them', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'goby-annotated-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const told = goby([
    'detect',
    join(places.photos, 'sample1.jpg'),
    '--model',
    'face-detection-short-range',
    '--annotate',
    folder,
    '--json',
  ]);
  t.is(await told.exited, 0, told.text);
  const { detections, annotated } = JSON.parse(told.lines.at(-1)!);
  t.true(detections.length >= 2);
  t.true(existsSync(annotated));
});

testRequiring(
  [{ kind: 'runtime' }],
  'a model for the other task, an unknown one and a file that is none are sentences',
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'goby-model-'));
    t.teardown(() => rmSync(folder, { recursive: true }));
    const text = join(folder, 'text.tflite');
    writeFileSync(text, 'no model');
    for (const [args, says] of [
      [['classify', 'x.jpg', '--model', 'face-detection-short-range'], /is made to detect.*Use goby detect/],
      [['detect', 'x.jpg', '--model', 'face-detection-sort-range'], /face-detection-sort-range/],
      [['detect', 'x.jpg', '--model', text], /text\.tflite/],
    ] as const) {
      const told = goby(args);
      t.not(await told.exited, 0);
      t.regex(told.text, says);
      t.notRegex(told.text, /\bat .*\.(ts|js):\d+/);
    }
  },
);

testRequiring(
  [{ kind: 'runtime' }, { kind: 'samples' }],
  'goby bench prints machine, model hash and ratios as JSON',
  async (t) => {
    const told = goby(['bench', '--model', 'face-detection-short-range', '--count', '10', '--json']);
    t.is(await told.exited, 0, told.text);
    const result = JSON.parse(told.text.slice(told.text.indexOf('{')));
    t.regex(result.results[0].sha256, /^[0-9a-f]{64}$/);
    t.true(result.results[0].worker.overheadMs.median > 0 && result.results[0].pipeline.framesPerSecond > 0);
    t.true(result.machine.cores > 0);
    for (const format of ['jpeg', 'yuv420']) {
      const { frames, overheadMs, events, snapshots } = result.results[0].latency[format];
      t.true(frames === 10 && overheadMs.median > 0 && overheadMs.p95 >= overheadMs.median, format);
      t.true(events > 0 && snapshots > 0, `${format}: faces became events with pictures`);
    }
  },
);

testRequiring(
  [{ kind: 'runtime' }, { kind: 'samples' }, { kind: 'program', name: 'mosquitto_sub' }],
  'while the agent runs, doctor asks it over the status socket; a second agent leaves the socket alone; first detection soon',
  async (t) => {
    const workplace = makeWorkplace({ ...samplesConfig, mqtt: { embedded: { port: 0 } } });
    const startedMs = performance.now();
    const agent = goby(['run', '--config', workplace.configFile], { env: workplace.env });
    t.teardown(async () => {
      await agent.end('SIGKILL');
      workplace.remove();
    });
    const [, port] = await agent.line(/mqtt:\/\/127\.0\.0\.1:(\d+)/);
    const observer = observe(Number(port));
    await observer.line(/^goby\/test\/front\/detections /);
    t.log(`first detection seen by mosquitto_sub ${Math.round(performance.now() - startedMs)} ms after the start`);
    const doctor = goby(['doctor', '--config', workplace.configFile, '--json'], { env: workplace.env });
    await doctor.exited;
    t.true(doctor.text.includes(String(agent.child.pid)), doctor.text);
    const second = goby(['run', '--config', workplace.configFile], { env: workplace.env });
    t.is(await second.exited, 69);
    t.regex(second.text, new RegExp(`Another goby \\(process ${agent.child.pid}\\) runs already`));
    t.notRegex(second.text, /broker|outputs|mqtt:/, 'it has taken nothing');
    t.false(observer.text.includes('offline'), 'the first one never lost its session');
    await observer.end();
    t.is(await agent.end('SIGTERM'), 0);
  },
);
