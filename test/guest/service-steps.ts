/** The package's service on a real systemd and kernel: installed, sandboxed, seeing, switching, telling. */
import type { Machine } from '../../scripts/guest/machine.ts';
import { isPerson, type MqttOutside } from '../../scripts/guest/mqtt-outside.ts';
import { mainPid, memoryCommand, noUnitHasFailed } from '../../scripts/guest/service-questions.ts';
import type { TrialSteps } from '../../scripts/guest/trial-steps.ts';
import { SimulatedPin } from './pin.ts';

export interface Scene {
  readonly machine: Machine;
  readonly outside: MqttOutside;
  readonly steps: TrialSteps;
  readonly patienceMs: number;
}

export const becomesReady =
  'for i in $(seq 600); do systemctl is-active --quiet goby && exit 0; sleep 1; done; journalctl -u goby -o cat --no-pager | tail -20; exit 1';
export const restarts = 'systemctl show goby -p NRestarts --value';
export const installed = 'apt installs the package without a question, and the service is ready';

export const heardOutside = 'a person on a photo is told over MQTT to the outside';

export async function serviceSteps({ machine, outside, steps, patienceMs }: Scene): Promise<void> {
  const shell = machine.console;
  const pin = new SimulatedPin(machine);
  const needs = [installed];

  await steps.take(installed, async () => {
    await shell.must('/usr/lib/guest/chip');
    await shell.must(
      'DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends -o Dpkg::Options::=--force-confold /root/goby.deb </dev/null',
    );
    await shell.must(becomesReady);
    return `${await shell.must(packageVersion)}, ${await shell.must('cut -d" " -f1 /proc/uptime')} s after the start, restarts: ${await shell.must(restarts)}`;
  });
  await steps.take(
    'the service runs sandboxed: own user, no capability, system calls filtered, no new privileges',
    async () => {
      const status = await shell.must(
        `ps -o user= -p ${mainPid}; grep -E '^(CapEff|CapBnd|NoNewPrivs|Seccomp):' /proc/${mainPid}/status`,
      );
      const told = status.replaceAll(/\s+/g, ' ');
      if (!/^goby CapBnd|^goby CapEff/.test(told)) throw new Error(told);
      for (const wanted of [/CapEff: 0+ /, /NoNewPrivs: 1/, /Seccomp: 2/])
        if (!wanted.test(`${told} `)) throw new Error(told);
      return told;
    },
    { needs },
  );
  await steps.take(
    heardOutside,
    async () => {
      const { topic, payload } = await outside.until('a person', isPerson, patienceMs, 0);
      return `${topic} ${payload.slice(0, 160)}`;
    },
    { needs },
  );
  await steps.take(
    "GPIO17 goes high and low, on the simulator's side",
    async () => {
      const high = await pin.becomes(1, 0);
      const low = await pin.becomes(0, Number(await shell.must("grep -n -m1 ' 1$' /run/pin | cut -d: -f1")));
      return `high ${high.split(' ')[0]} s, low ${low.split(' ')[0]} s after the start`;
    },
    { needs },
  );
  await steps.take('memory of the service', () => shell.must(memoryCommand), { needs });
  await steps.take(
    'journal entries have priorities and fields',
    async () => {
      const entries = await shell.must(
        'journalctl -u goby -o json --no-pager _TRANSPORT=journal SYSLOG_IDENTIFIER=goby | head -200',
      );
      const parsed = entries.split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
      const whole = parsed.filter((entry) => /^[3467]$/.test(String(entry['PRIORITY'])) && entry['GOBY_PART']);
      if (whole.length === 0 || whole.length !== parsed.length) {
        throw new Error(
          `${whole.length} of ${parsed.length} have both: ${JSON.stringify(parsed.find((one) => !whole.includes(one)))}`,
        );
      }
      const camera = await shell.must('journalctl -u goby GOBY_CAMERA=front -o cat --no-pager | wc -l');
      return `${whole.length} entries with PRIORITY and GOBY_PART, ${camera} with GOBY_CAMERA=front`;
    },
    { needs },
  );
  await steps.take(
    'systemd-analyze security rates it 1.7 or lower',
    async () => {
      const text = (await shell.must('systemd-analyze security goby --no-pager | tail -1')).trim();
      const exposure = Number(/: (\d+\.\d+)/.exec(text)?.[1] ?? Number.NaN);
      if (!(exposure <= 1.7)) throw new Error(text);
      return text;
    },
    { needs },
  );
  await steps.take('no unit has failed', () => shell.must(noUnitHasFailed), { needs });
}

/** Without starting a Node more, which takes long there. */
const packageVersion = 'dpkg-query -W goby';
