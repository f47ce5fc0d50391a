/** The agent and a broker of its own life: absent, present, killed, back; and the last will when the agent is killed. */

import { freePort } from '../../src/workshop/bench/loopback-port.ts';
import { testRequiring } from '../requiring.ts';
import { goby, observe, Program } from './program.ts';
import { makeWorkplace, samplesConfig } from './workplace.ts';

testRequiring(
  [{ kind: 'runtime' }, { kind: 'samples' }, { kind: 'program', name: 'mosquitto' }],
  'the LED works without a broker; when mosquitto appears, dies and comes back, state is said anew; kill -9 leaves the last will',
  async (t) => {
    const port = await freePort();
    const workplace = makeWorkplace({ ...samplesConfig, mqtt: { broker: `mqtt://127.0.0.1:${port}` } });
    const agent = goby(['run', '--config', workplace.configFile], { env: workplace.env });
    const brokers: Program[] = [];
    const startBroker = async (): Promise<Program> => {
      const broker = new Program('mosquitto', ['-p', String(port), '-v']);
      brokers.push(broker);
      await broker.line(/mosquitto version .* running/);
      return broker;
    };
    t.teardown(async () => {
      await agent.end('SIGKILL');
      for (const broker of brokers) await broker.end('SIGKILL');
      workplace.remove();
    });
    await agent.line(/led.*ON/);
    await agent.line(/ECONNREFUSED/);

    const first = await startBroker();
    const early = observe(port);
    await early.line(/^goby\/test\/state \{"state":"online"\}/);
    await early.line(/^goby\/test\/front\/events .*"type":"new".*"replayed":true/);
    await early.line(/^goby\/test\/front\/detections /);
    await first.end('SIGKILL');
    await early.end();

    await startBroker();
    const late = observe(port);
    await late.line(/^goby\/test\/state \{"state":"online"\}/);
    await late.line(/^goby\/test\/info /);
    await late.line(/^goby\/test\/health .*"connected"/);
    await late.line(/^goby\/test\/front\/object\/face (ON|OFF)/);
    await late.line(/^goby\/test\/front\/detections /);
    await agent.end('SIGKILL');
    const [offline] = await late.line(/^goby\/test\/state \{"state":"offline"\}/);
    t.truthy(offline);
    await late.end();
  },
);
