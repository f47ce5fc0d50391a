/** Settings from afar on the real agent with mosquitto: they take effect, outlive a restart, and never keep it from starting. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import { readOverrides } from '../../src/config/overrides.ts';
import { freePort } from '../../src/workshop/bench/loopback-port.ts';
import { type Need, testRequiring } from '../requiring.ts';
import { goby, observe, Program } from './program.ts';
import { makeWorkplace, samplesConfig } from './workplace.ts';

const needs: readonly Need[] = [{ kind: 'runtime' }, { kind: 'samples' }, { kind: 'program', name: 'mosquitto' }];

/** A broker that outlives the agent, and the agent on it. */
async function startAgent(t: ExecutionContext, overrides?: string) {
  const port = await freePort();
  const broker = new Program('mosquitto', ['-p', String(port), '-v']);
  await broker.line(/mosquitto version .* running/);
  const observer = observe(port);
  const workplace = makeWorkplace({ ...samplesConfig, rules: [], mqtt: { broker: `mqtt://127.0.0.1:${port}` } });
  if (overrides !== undefined) {
    mkdirSync(join(workplace.folder, 'state'), { recursive: true });
    writeFileSync(join(workplace.folder, 'state', 'overrides.yaml'), overrides);
  }
  const agent = goby(['run', '--config', workplace.configFile], { env: workplace.env });
  t.teardown(async () => {
    for (const program of [agent, observer, broker]) await program.end('SIGKILL');
    workplace.remove();
  });
  let transaction = 0;
  const ask = async (name: string, payload: object = {}): Promise<Record<string, unknown>> => {
    const id = `t${transaction++}`;
    const message = JSON.stringify({ ...payload, transaction: id });
    execFileSync('mosquitto_pub', ['-p', String(port), '-q', '1', '-t', `goby/test/request/${name}`, '-m', message]);
    const [, answer] = await observer.line(new RegExp(`^goby/test/response/${name} (.*"transaction":"${id}".*)`));
    return JSON.parse(answer!) as Record<string, unknown>;
  };
  return { agent, observer, ask };
}

testRequiring(
  needs,
  'a threshold set over MQTT counts at once; threads count after a restart asked for over MQTT',
  async (t) => {
    const { agent, observer, ask } = await startAgent(t);
    await observer.line(/^goby\/test\/front\/detections /);

    const live = await ask('config-set', { key: 'cameras.front.minScore', value: 0.99 });
    t.deepEqual(live['data'], { changed: { 'cameras.front.minScore': 0.99 }, restart_required: false });
    await observer.line(/^goby\/test\/front\/detections .*"detections":\[\]/);
    const blind = await ask('config-set', { key: 'cameras.front.labels', value: ['Face'] });
    t.regex(String(blind['error']), /has no label "Face" \(near to it: face\)/);
    const refused = await ask('config-set', { key: 'mqtt.broker', value: 'off' });
    t.regex(String(refused['error']), /^mqtt\.broker can't be set over MQTT/);

    const later = await ask('config-set', { key: 'infer.threads', value: 2 });
    t.deepEqual(later['data'], { changed: { 'infer.threads': 2 }, restart_required: true });
    await observer.line(/^goby\/test\/info .*"restart_required":true/);
    const before = observer.lines.length;
    // Refused for the first ten seconds of a run.
    while ((await ask('restart'))['status'] !== 'ok') await pause(1000);
    await observer.line(/^goby\/test\/state \{"state":"offline"\}/, before);
    await observer.line(/^goby\/test\/state \{"state":"online"\}/, before);
    t.is(agent.child.exitCode, null, 'it is the same process');
    await agent.line(
      /the changed settings are kept/,
      agent.lines.findIndex((line) => line.includes('have yet to prove')),
    );
    const { data } = (await ask('config-get')) as { data: Record<string, unknown> };
    t.like(data, { on_trial: false, restart_required: false });
    t.deepEqual(data['overrides'], { cameras: { front: { minScore: 0.99 } }, infer: { threads: 2 } });

    t.is(await agent.end('SIGTERM'), 0);
    t.notRegex(agent.text, /\bat .*\.(ts|js):\d+/, 'no stack trace');
  },
);

testRequiring(needs, 'a change with which the agent can not start is undone, and it starts', async (t) => {
  const { agent, observer, ask } = await startAgent(
    t,
    JSON.stringify({
      cameras: { front: { model: 'no-such-model', minScore: 0.7 } },
      trial: {
        since: '2026-11-25T07:00:00.000Z',
        starts: 0,
        before: { cameras: { front: { minScore: 0.6 } } },
        cameras: ['front'],
      },
    }),
  );
  await observer.line(/^goby\/test\/front\/detections /);
  await agent.line(/The settings changed at 2026-11-25T07:00:00\.000Z were undone: .*no-such-model/);
  const { data } = (await ask('config-get', { key: 'cameras.front.minScore' })) as { data: Record<string, unknown> };
  t.is(data['value'], 0.6);
});

testRequiring(
  needs,
  'with a change on trial, a stop in good order is no failed start, however often it comes',
  async (t) => {
    const workplace = makeWorkplace({ ...samplesConfig, rules: [], mqtt: { embedded: { port: 0 } } });
    t.teardown(() => workplace.remove());
    const file = join(workplace.folder, 'state', 'overrides.yaml');
    const trial = { since: '2026-11-25T07:00:00.000Z', starts: 1, before: {}, cameras: ['front'] };
    writeFileSync(file, JSON.stringify({ cameras: { front: { minScore: 0.7 } }, trial }));
    // At four moments: the earliest that is printed, and later and later ones. Readiness comes after all of them.
    for (const moment of [
      /have yet to prove/,
      /embedded broker listens/,
      /led: GPIO17 is simulated/,
      /connected to mqtt/,
    ]) {
      const agent = goby(['run', '--config', workplace.configFile], { env: workplace.env });
      await agent.line(moment);
      t.is(await agent.end('SIGTERM'), 0, agent.text);
      const read = readOverrides(file);
      t.deepEqual('refused' in read ? read : read.trial, trial, `after ${moment}`);
      t.notRegex(agent.text, /were undone/);
    }
  },
);

testRequiring(needs, 'damaged overrides are set aside, and the agent starts', async (t) => {
  const { agent, observer } = await startAgent(t, '\u0000\u0000\u0000\u0000');
  await observer.line(/^goby\/test\/front\/detections /);
  t.truthy(await agent.line(/They are left out\. The file is now .*overrides\.yaml\.damaged/));
});
