/** Arming on the real agent: rules wait for it, disarming undoes what they did at once, and a restart changes nothing. */
import { execFileSync } from 'node:child_process';
import { freePort } from '../../src/workshop/bench/loopback-port.ts';
import { type Need, testRequiring } from '../requiring.ts';
import { goby, observe, Program } from './program.ts';
import { makeWorkplace, samplesConfig } from './workplace.ts';

const needs: readonly Need[] = [{ kind: 'runtime' }, { kind: 'samples' }, { kind: 'program', name: 'mosquitto' }];

testRequiring(needs, 'disarmed nothing happens; armed the LED lights, a message and a picture go out', async (t) => {
  const port = await freePort();
  const broker = new Program('mosquitto', ['-p', String(port), '-v']);
  await broker.line(/mosquitto version .* running/);
  const observer = observe(port);
  const workplace = makeWorkplace({
    ...samplesConfig,
    mqtt: { broker: `mqtt://127.0.0.1:${port}` },
    controls: { alarm: { initial: 'off' } },
    rules: [
      {
        ...{ name: 'intruder', label: 'face', armedBy: 'alarm', output: 'led' },
        actions: [{ type: 'message' }, { type: 'snapshot' }],
      },
    ],
  });
  const start = () => goby(['run', '--config', workplace.configFile], { env: workplace.env });
  let agent = start();
  t.teardown(async () => {
    for (const program of [agent, observer, broker]) await program.end('SIGKILL');
    workplace.remove();
  });
  const send = (payload: string) =>
    execFileSync('mosquitto_pub', ['-p', String(port), '-q', '1', '-t', 'goby/test/control/alarm/set', '-m', payload]);

  await observer.line(/^goby\/test\/control\/alarm\/state \{"state":"OFF","reason":"at the start"\}/);
  await observer.line(/^goby\/test\/front\/events .*"type":"new"/);
  t.false(observer.lines.some((line) => /alert|led\/state .*"ON"/.test(line)));

  send('ON');
  await observer.line(/^goby\/test\/control\/alarm\/state \{"state":"ON","reason":"MQTT"\}/);
  await observer.line(/^goby\/test\/output\/led\/state \{"state":"ON"/);
  const [, alert] = await observer.line(/^goby\/test\/alert\/intruder (\{.*)/);
  t.like(JSON.parse(alert!), { rule: 'intruder', camera: 'front', label: 'face' });
  await observer.line(/^goby\/test\/front\/snapshot /);
  const armed = observer.lines.length;
  send('{"state":"OFF"}');
  await observer.line(
    /^goby\/test\/output\/led\/state \{"state":"OFF","pattern":"steady","reason":"rule intruder: alarm is not armed"/,
    armed,
  );

  t.is(await agent.end('SIGTERM'), 0);
  const before = observer.lines.length;
  agent = start();
  await observer.line(/^goby\/test\/control\/alarm\/state \{"state":"OFF"/, before);
  await observer.line(/^goby\/test\/front\/events .*"type":"new"/, before);
  t.false(observer.lines.slice(before).some((line) => /alert|led\/state .*"ON"/.test(line)));
});
