/** One life of the emulated Pi: boot, first detection, the pin high and low, a kill while it is high. */
import { Machine } from '../guest/machine.ts';
import { Trouble } from '../guest/run-program.ts';
import type { Card } from './card.ts';
import { isHigh, isNotHigh, PinWatch } from './pin-watch.ts';

export interface TrialOptions {
  readonly card: Card;
  /** As Raspberry Pi's own kernels behave: a pin that a killed program held stays as it was. */
  readonly persist: boolean;
  readonly patienceMs: number;
  readonly tell: (note: string) => void;
}

export interface TrialResult {
  readonly consoleS: number;
  readonly firstDetectionS: number;
  readonly memory: string;
  readonly pin: readonly { atS: number; direction: string; level: boolean; high: boolean }[];
  /** What the guest says of the import, the growing and itself. */
  readonly facts: Record<string, string>;
}

/** @throws Trouble when something that should happen doesn't */
export async function trial({ card, persist, patienceMs, tell }: TrialOptions): Promise<TrialResult> {
  const startedMs = performance.now();
  const seconds = (): number => Math.round((performance.now() - startedMs) / 100) / 10;
  const machine = await Machine.start({
    kind: 'raspi3b',
    kernel: card.kernel,
    initrd: card.initrd,
    deviceTree: card.deviceTree,
    disk: card.disk,
    rootDevice: '/dev/mmcblk0p2',
    ...(persist ? { append: 'pinctrl_bcm2835.persist_gpio_outputs=1' } : {}),
  });
  machine.console.patienceMs = patienceMs;
  const pin = new PinWatch(machine.monitor, startedMs, (change) => {
    tell(
      `${change.atS.toFixed(1)} s  GPIO17: ${change.direction}, level ${change.level ? 1 : 0}${isHigh(change) ? '  HIGH' : ''}`,
    );
  });
  try {
    void pin.watch();
    await machine.console.ready();
    const consoleS = seconds();
    tell(`${consoleS} s  the guest takes commands`);
    await machine.console.must('until test -x /usr/bin/goby && systemctl is-active --quiet goby; do sleep 2; done');
    tell(`${seconds()} s  the service is ready`);
    tell(await startsOf(machine));
    await pin.until(isHigh, patienceMs);
    const firstDetectionS = seconds();
    tell(`${firstDetectionS} s  a person was detected: the pin is high`);
    const memory = await machine.console.must(
      'systemctl show goby -p MemoryCurrent -p MemoryPeak | tr "\\n" " "; ps -o comm=,rss= --ppid $(systemctl show goby -p MainPID --value) -p $(systemctl show goby -p MainPID --value)',
    );
    tell(`memory: ${memory.replaceAll('\n', '; ')}`);
    await pin.until(isNotHigh, patienceMs);
    tell(`${seconds()} s  the pin is low again`);
    const facts = await lookAround(machine, tell);
    await stopWhileHigh(machine, pin, patienceMs);
    tell(`${seconds()} s  kill -9 while the pin is high${persist ? ', on a kernel that keeps released pins' : ''}`);
    await machine.console.must('systemctl kill --signal=KILL goby');
    await pin.until(isNotHigh, patienceMs);
    await machine.console.must('until systemctl is-active --quiet goby; do sleep 2; done');
    tell(`${seconds()} s  the service is back`);
    const seen = await machine.console.must("mosquitto_sub -t 'goby/+/front/detections' -C 1 -W 600 | cut -c1-300");
    tell(`${seconds()} s  on MQTT: ${seen}`);
    if (!seen.includes('"label":"person"') && !seen.includes('person')) throw new Trouble(`no person in: ${seen}`);
    facts['doctor'] = (await machine.console.run('goby doctor')).text;
    tell(`doctor: ${facts['doctor']}`);
    await machine.shutDown();
    return {
      consoleS,
      firstDetectionS,
      memory,
      facts,
      pin: pin.changes.map((change) => ({ ...change, high: isHigh(change) })),
    };
  } finally {
    pin.stop();
    await machine.kill();
  }
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

/** How often the service had to start, and what it said when it had to start again. */
async function startsOf(machine: Machine): Promise<string> {
  const restarts = 'systemctl show goby -p NRestarts --value';
  const { text } = await machine.console.run(
    `n=$(${restarts}); echo "restarts before it was ready: $n"; [ "$n" = 0 ] || journalctl -u goby -o cat --no-pager | cut -c1-300 | tail -40`,
  );
  return text;
}

async function lookAround(machine: Machine, tell: (note: string) => void): Promise<Record<string, string>> {
  const questions = {
    root: 'df -h --output=size,used / | tail -1',
    user: 'id anna; cat /home/anna/.ssh/authorized_keys | cut -c1-30',
    zone: 'readlink /etc/localtime; hostname',
    settings: 'grep -c secret /boot/firmware/goby.txt; cat /boot/firmware/goby-errors.txt',
    overrides: 'cat /var/lib/goby/overrides.yaml',
    journal: 'journalctl -u goby-first-boot -o cat --no-pager | tail -12',
    failed: 'systemctl --failed --no-legend --no-pager',
  };
  const facts: Record<string, string> = {};
  for (const [name, command] of Object.entries(questions)) {
    const { text } = await machine.console.run(command);
    facts[name] = text;
    tell(`${name}: ${text}`);
  }
  return facts;
}
