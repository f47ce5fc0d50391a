/** The whole agent as a user runs it: real process, real photos, real library, seen by mosquitto_sub. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { type Need, places, testRequiring } from '../requiring.ts';
import { goby, observe, type Program } from './program.ts';
import { makeWorkplace, samplesConfig } from './workplace.ts';

const needs: readonly Need[] = [{ kind: 'runtime' }, { kind: 'samples' }, { kind: 'program', name: 'mosquitto_sub' }];

/** Starts the agent with the embedded broker on a free port and an observer beside it. */
async function startWithObserver(
  config: object,
): Promise<{ agent: Program; observer: Program; stop(): Promise<void> }> {
  const workplace = makeWorkplace({ mqtt: { embedded: { port: 0 } }, ...config });
  const agent = goby(['run', '--config', workplace.configFile], { env: workplace.env });
  const [, port] = await agent.line(/mqtt:\/\/127\.0\.0\.1:(\d+)/);
  const observer = observe(Number(port));
  return {
    agent,
    observer,
    stop: async () => {
      await agent.end('SIGKILL');
      await observer.end();
      workplace.remove();
    },
  };
}

function json(match: RegExpExecArray): Record<string, unknown> {
  return JSON.parse(match[1]!) as Record<string, unknown>;
}

testRequiring(needs, 'photos become detections, events, presence and an LED, and Ctrl-C ends it cleanly', async (t) => {
  const { agent, observer, stop } = await startWithObserver(samplesConfig);
  t.teardown(stop);
  t.deepEqual(json(await observer.line(/^goby\/test\/state (.*)/)), { state: 'online' });
  const detections = json(await observer.line(/^goby\/test\/front\/detections (.*"label":"face".*)/));
  t.true(['cpu', 'xnnpack'].includes(detections['backend'] as string));
  t.is((json(await observer.line(/^goby\/test\/front\/events (.*"type":"new".*)/)) as { label: string }).label, 'face');
  await observer.line(/^goby\/test\/front\/object\/face ON$/);
  await observer.line(/^goby\/test\/front\/object\/face\/count [1-9]/);
  await observer.line(/^goby\/test\/output\/led\/state .*ON/);
  const telemetry = json(await observer.line(/^goby\/test\/telemetry (.*)/));
  t.true('memory' in telemetry && !('edgetpuTemperatureC' in telemetry));
  const health = json(await observer.line(/^goby\/test\/health (.*"streaming".*)/));
  t.true('worker' in health && 'broker' in health && 'outputs' in health);
  const info = json(await observer.line(/^goby\/test\/info (.*)/));
  t.true('version' in info && 'config' in info);
  await agent.line(/led.*on/i);
  await agent.line(/face/);
  t.regex(
    readFileSync(`/proc/${agent.child.pid}/cmdline`, 'utf8'),
    /--optimize-for-size/,
    'started to keep memory small',
  );

  t.is(await agent.end('SIGINT'), 0);
  await observer.line(/^goby\/test\/state \{"state":"offline"\}/);
  t.notRegex(agent.text, /\bat .*\.(ts|js):\d+/, 'no stack trace');
});

testRequiring(
  needs,
  'an output obeys output/<name>/set, a ping is answered, garbage is answered with the reason',
  async (t) => {
    const { agent, observer, stop } = await startWithObserver({ ...samplesConfig, rules: [] });
    t.teardown(stop);
    const [, port] = await agent.line(/mqtt:\/\/127\.0\.0\.1:(\d+)/);
    const send = (topic: string, payload: string) =>
      execFileSync('mosquitto_pub', ['-h', '127.0.0.1', '-p', port!, '-q', '1', '-t', topic, '-m', payload]);
    await observer.line(/^goby\/test\/output\/led\/state .*OFF/);
    send('goby/test/output/led/set', 'ON');
    await observer.line(/^goby\/test\/output\/led\/state .*ON/);
    send('goby/test/request/ping', '{"transaction":"t1"}');
    await observer.line(/^goby\/test\/response\/ping .*"status":"ok".*"transaction":"t1"/);
    send('goby/test/request/ping', '{"transaction":');
    await observer.line(/^goby\/test\/response\/ping .*"status":"error"/);
    send('goby/test/request/format-disk', '{}');
    const [refusal] = await observer.line(/^goby\/test\/response\/unknown .*"status":"error".*/);
    t.regex(refusal, /known: /);
  },
);

testRequiring(needs, 'after kill -9 of the agent no worker is left behind', async (t) => {
  const { agent, observer, stop } = await startWithObserver(samplesConfig);
  t.teardown(stop);
  // A detection, not the state: the agent is online before it has a worker.
  await observer.line(/^goby\/test\/front\/detections /);

  const workers = childrenOf(agent.child.pid!);
  t.true(workers.length > 0);
  await agent.end('SIGKILL');
  for (let wait = 0; wait < 100 && workers.some(isAlive); wait++)
    await new Promise((resolve) => setTimeout(resolve, 50));
  t.deepEqual(workers.filter(isAlive), []);
});

for (const signal of ['SIGKILL', 'SIGSEGV', 'SIGSTOP'] as const) {
  testRequiring(needs, `detections go on after the worker got ${signal}`, async (t) => {
    const { agent, observer, stop } = await startWithObserver({ ...samplesConfig, infer: { deadlineMs: 1000 } });
    t.teardown(stop);
    await observer.line(/^goby\/test\/front\/detections /);
    const before = observer.lines.length;
    for (const pid of childrenOf(agent.child.pid!)) process.kill(pid, signal);
    await observer.line(/^goby\/test\/health .*"worker":\{"state":"(?!ready)/, before);
    const after = observer.lines.length;
    await observer.line(/^goby\/test\/health .*"worker":\{"state":"ready"/, after);
    await observer.line(/^goby\/test\/front\/detections /, observer.lines.length);
    t.is(agent.child.exitCode, null);
  });
}

testRequiring(
  [...needs, { kind: 'program', name: 'node' }],
  'a stand-in rpicam-vid that streams MJPEG drives the same path as a Pi camera',
  async (t) => {
    const workplace = makeWorkplace({
      ...samplesConfig,
      mqtt: { embedded: { port: 0 } },
      cameras: {
        front: {
          source: { type: 'rpicam', format: 'mjpeg', framesPerSecond: 10 },
          model: 'face-detection-short-range',
        },
      },
    });
    const agent = goby(['run', '--config', workplace.configFile], {
      env: {
        ...workplace.env,
        PATH: `${join(places.root, 'test', 'fixtures', 'programs')}:${process.env['PATH']}`,
        GOBY_STAND_IN_PHOTOS: places.photos,
      },
    });
    const [, port] = await agent.line(/mqtt:\/\/127\.0\.0\.1:(\d+)/);
    const observer = observe(Number(port));
    t.teardown(async () => {
      await agent.end('SIGKILL');
      await observer.end();
      workplace.remove();
    });
    const match = await observer.line(/^goby\/test\/front\/detections (.*"label":"face".*)/);
    t.true((json(match)['detections'] as unknown[]).length > 0);
    t.is(await agent.end('SIGTERM'), 0);
    t.deepEqual(childrenOf(agent.child.pid!), []);
  },
);

test('a configuration with mistakes ends with 78 and tells them all', async (t) => {
  const workplace = makeWorkplace({ frob: 1, mqtt: { broker: 3 } });
  t.teardown(() => workplace.remove());
  const agent = goby(['run', '--config', workplace.configFile], { env: workplace.env });
  t.is(await agent.exited, 78);
  t.regex(agent.text, /frob: unknown key/);
  t.regex(agent.text, /mqtt\.broker: expected/);
  t.notRegex(agent.text, /\bat .*\.(ts|js):\d+/);
});

test('a missing configuration ends with 78', async (t) => {
  const agent = goby(['run', '--config', '/nowhere/goby.yaml']);
  t.is(await agent.exited, 78);
  t.regex(agent.text, /there is no such file/);
});

testRequiring(needs, 'a model that is missing, truncated or of another hash is a sentence', async (t) => {
  const workplace = makeWorkplace({});
  t.teardown(() => workplace.remove());
  const real = readFileSync(
    join(places.root, 'var/models/face-detection-short-range/face_detection_short_range.tflite'),
  );
  const cases: readonly (readonly [
    name: string,
    content: Uint8Array | undefined,
    sha256: string | undefined,
    says: RegExp,
  ])[] = [
    ['missing.tflite', undefined, undefined, /missing\.tflite/],
    ['truncated.tflite', real.subarray(0, 5000), undefined, /truncated\.tflite/],
    ['text.tflite', Buffer.from('this is no model'), undefined, /text\.tflite/],
    ['other.tflite', real, '0'.repeat(64), /other\.tflite.*(SHA-256|hash)/i],
  ];
  for (const [name, content, sha256, says] of cases) {
    const file = join(workplace.folder, name);
    if (content) writeFileSync(file, content);
    writeFileSync(
      workplace.configFile,
      JSON.stringify({
        ...samplesConfig,
        mqtt: { broker: 'off' },
        models: { own: { mine: { task: 'detect', decoder: 'blazeface', file, ...(sha256 ? { sha256 } : {}) } } },
        cameras: { front: { ...samplesConfig.cameras.front, model: 'mine' } },
      }),
    );
    const agent = goby(['run', '--config', workplace.configFile], { env: workplace.env });
    const code = await agent.exited;
    t.not(code, 0, name);
    t.regex(agent.text, says, name);
    t.notRegex(agent.text, /\bat .*\.(ts|js):\d+/, name);
  }
});

function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
      .split(' ')
      .filter((text) => text.trim() !== '')
      .map(Number);
  } catch {
    return [];
  }
}

function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
