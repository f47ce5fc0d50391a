/** One life of the emulated Pi: boot, first detection, the pin high and low, MQTT heard outside, kills while the pin is high. */
import { Machine } from '../guest/machine.ts';
import { isPerson, MqttOutside } from '../guest/mqtt-outside.ts';
import { memoryCommand, noUnitHasFailed, workerPid } from '../guest/service-questions.ts';
import type { TrialSteps } from '../guest/trial-steps.ts';
import type { Card } from './card.ts';
import { isHigh, isNotHigh, PinWatch } from './pin-watch.ts';

export interface TrialOptions {
  readonly card: Card;
  /** As Raspberry Pi's own kernels behave: a pin that a killed program held stays as it was. */
  readonly persist: boolean;
  /** Whether to look also at what doesn't depend on the kernel: the import, MQTT, a stopped worker, doctor. */
  readonly whole: boolean;
  readonly patienceMs: number;
  /** A port of this machine's loopback for the guest's broker. */
  readonly mqttPort: number;
  readonly steps: TrialSteps;
  readonly tell: (note: string) => void;
}

/** What goby.txt left behind, and how the machine is. */
const questions: Record<string, string> = {
  'goby.txt is imported': `test -d /home/anna && test "$(readlink /etc/localtime)" = ../usr/share/zoneinfo/Europe/Berlin -o "$(readlink /etc/localtime)" = /usr/share/zoneinfo/Europe/Berlin && ! grep -q secret /boot/firmware/goby.txt && grep -q wifi_password /boot/firmware/goby-errors.txt && id anna && hostname && readlink /etc/localtime && cat /boot/firmware/goby-errors.txt`,
  'the root file system has grown':
    'test "$(df --output=size -m / | tail -1)" -gt 1200 && df -h --output=size,used / | tail -1',
};

export async function trial(options: TrialOptions): Promise<PinWatch> {
  const { card, persist, whole, patienceMs, mqttPort, steps, tell } = options;
  const startedMs = performance.now();
  const since = (): string => `${((performance.now() - startedMs) / 1000).toFixed(1)} s after power-on`;
  const machine = await Machine.start({
    kind: 'raspi3b',
    kernel: card.kernel,
    initrd: card.initrd,
    deviceTree: card.deviceTree,
    disk: card.disk,
    rootDevice: '/dev/mmcblk0p2',
    mqttPort,
    ...(persist ? { append: 'pinctrl_bcm2835.persist_gpio_outputs=1' } : {}),
  });
  const shell = machine.console;
  shell.patienceMs = patienceMs;
  const pin = new PinWatch(machine.monitor, startedMs, (change) => tell(`  ${pinLine(change)}`));
  const step = (title: string, body: () => Promise<string>, needs: string[] = []): Promise<boolean> =>
    steps.take(persist ? `${title} (kernel keeps released pins)` : title, body, {
      needs: persist ? needs.map((need) => `${need} (kernel keeps released pins)`) : needs,
    });
  const ready = 'the service is ready';
  try {
    void pin.watch();
    await step('the guest boots', async () => {
      await shell.ready();
      return since();
    });
    await step(ready, async () => {
      await shell.must('until test -x /usr/bin/goby && systemctl is-active --quiet goby; do sleep 2; done');
      return `${since()}; restarts before: ${await shell.must('systemctl show goby -p NRestarts --value')}`;
    }, ['the guest boots']);
    await step('a person is detected and GPIO17 goes high, read from outside', async () => {
      await pin.until(isHigh, patienceMs);
      return since();
    }, [ready]);
    await step('GPIO17 goes low again, read from outside', async () => {
      await pin.until(isNotHigh, patienceMs);
      return since();
    }, [ready]);
    await step('no unit has failed', () => shell.must(noUnitHasFailed), [ready]);
    if (whole) await lookAround(machine, step, mqttPort, patienceMs);
    await step('after kill -9 with the pin high the pin falls', async () => {
      await stopWhileHigh(machine, pin, patienceMs);
      const killedMs = performance.now();
      await shell.must('systemctl kill --signal=KILL goby');
      await pin.until(isNotHigh, patienceMs);
      return `${((performance.now() - killedMs) / 1000).toFixed(1)} s after the kill`;
    }, [ready]);
    await step('after kill -9 the service comes back and detects', async () => {
      await shell.must('sleep 2; until systemctl is-active --quiet goby; do sleep 2; done');
      await pin.until(isHigh, patienceMs);
      return since();
    }, [ready]);
    await step('the guest goes down in order', async () => {
      await machine.shutDown();
      return since();
    });
  } finally {
    pin.stop();
    await machine.kill();
  }
  return pin;
}

type Step = (title: string, body: () => Promise<string>, needs?: string[]) => Promise<boolean>;

/** What is the same on both kernels. */
async function lookAround(machine: Machine, step: Step, mqttPort: number, patienceMs: number): Promise<void> {
  const shell = machine.console;
  const ready = ['the service is ready'];
  for (const [title, command] of Object.entries(questions)) await step(title, () => shell.must(command), ready);
  await step('resident memory', () => shell.must(memoryCommand), ready);
  await step(
    'a person is told over MQTT to the outside of the guest',
    async () => {
      const outside = new MqttOutside(mqttPort);
      try {
        const { topic, payload } = await outside.until('a person', isPerson, patienceMs);
        return `${topic} ${payload.slice(0, 300)}`;
      } finally {
        outside.end();
      }
    },
    ready,
  );
  await step(
    'a stopped worker is replaced',
    async () => {
      const before = await shell.must(`w=$(${workerPid}); kill -STOP $w; echo $w`);
      const after = await shell.must(
        `for i in $(seq 600); do w=$(${workerPid}) && [ "$w" != "${before}" ] && break; sleep 1; done; [ "$w" != "${before}" ] && echo "$w"`,
      );
      return `worker ${before} stopped, worker ${after} came; restarts of the service: ${await shell.must('systemctl show goby -p NRestarts --value')}`;
    },
    ready,
  );
  await step(
    'goby doctor finds no failure',
    async () => {
      const { code, text } = await shell.run('goby doctor');
      if (code !== 0) throw new Error(`ended with ${code}:\n${text}`);
      return text;
    },
    ready,
  );
  await step(
    'the sandbox, as systemd-analyze security rates it',
    async () => (await shell.must('systemd-analyze security goby --no-pager | tail -1')).trim(),
    ready,
  );
}

/** Holds goby still with its pin high, so that it is the kill that lets the pin fall, not goby itself a moment before. */
async function stopWhileHigh(machine: Machine, pin: PinWatch, patienceMs: number): Promise<void> {
  for (;;) {
    await pin.until(isHigh, patienceMs);
    await machine.console.must('systemctl kill --signal=STOP goby');
    if (isHigh(await machine.monitor.pin(17))) return;
    await machine.console.must('systemctl kill --signal=CONT goby');
  }
}

export function pinLine(change: PinWatch['changes'][number]): string {
  const { atS, direction, level } = change;
  return `${atS.toFixed(1).padStart(7)} s  GPIO17: ${direction.padEnd(6)} level ${level ? 1 : 0}${isHigh(change) ? '  HIGH' : ''}`;
}
