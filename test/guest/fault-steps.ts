/** Faults in the guest: kills, a stopped worker, a camera that comes late, goes and comes back, a full disk, a reboot. */
import type { Machine } from '../../scripts/guest/machine.ts';
import type { Heard, MqttOutside } from '../../scripts/guest/mqtt-outside.ts';
import { isPerson } from '../../scripts/guest/mqtt-outside.ts';
import { workerPid } from '../../scripts/guest/service-questions.ts';
import { SimulatedPin } from './pin.ts';
import { becomesReady, heardOutside, installed, restarts, type Scene } from './service-steps.ts';

const unbind = 'echo vivid.0 >/sys/bus/platform/drivers/vivid/unbind';
const bind = 'echo vivid.0 >/sys/bus/platform/drivers/vivid/bind';

export async function killStep({ machine, steps }: Scene): Promise<void> {
  const shell = machine.console;
  const pin = new SimulatedPin(machine);
  await steps.take(
    'after kill -9 with the pin high the pin falls, and the service comes back and detects',
    async () => {
      const before = await pin.holdHigh();
      const killed = await shell.must('cut -d" " -f1 /proc/uptime; systemctl kill --signal=KILL goby');
      const low = await pin.becomes(0, before);
      await shell.must(`sleep 1; ${becomesReady}`);
      const high = await pin.becomes(1, before + 1);
      const after = (change: string): string => `${(Number(change.split(' ')[0]) - Number(killed)).toFixed(1)} s`;
      return `low after ${after(low)}, high again after ${after(high)}, restarts: ${await shell.must(restarts)}`;
    },
    { needs: [installed] },
  );
}

export async function faultSteps({ machine, outside, steps, patienceMs }: Scene): Promise<void> {
  const shell = machine.console;
  const pin = new SimulatedPin(machine);
  const needs = [installed];

  await steps.take(
    'a stopped worker is replaced, and persons are told again',
    async () => {
      const stopped = await shell.must(`w=$(${workerPid}); kill -STOP $w; echo $w`);
      const next = await shell.must(
        `for i in $(seq 300); do w=$(${workerPid}) && [ "$w" != "${stopped}" ] && echo $w && exit 0; sleep 1; done; exit 1`,
      );
      await outside.until('a person', isPerson, patienceMs);
      return `worker ${stopped} was stopped, worker ${next} came, restarts of the service: ${await shell.must(restarts)}`;
    },
    { needs: [...needs, heardOutside] },
  );
  await steps.take(
    'a camera that is plugged in after the start is found (vivid, through ffmpeg)',
    async () => {
      await cameraIs(outside, false, patienceMs, 0);
      const from = outside.heard.length;
      await shell.must(
        'modprobe vivid n_devs=1 node_types=0x1 input_types=0x00 num_inputs=1; udevadm settle; ls -l /dev/video0',
      );
      await cameraIs(outside, true, patienceMs, from);
      const { payload } = await outside.until('a frame of the camera', isYard, patienceMs);
      return payload.slice(0, 160);
    },
    { needs: [...needs, heardOutside] },
  );
  await steps.take(
    'a camera that is unplugged is told as lost, and found again when it is back',
    async () => {
      const from = outside.heard.length;
      await shell.must(`${unbind}; test ! -e /dev/video0`);
      await cameraIs(outside, false, patienceMs, from);
      const lost = outside.heard.length;
      await shell.must(`${bind}; udevadm settle; test -e /dev/video0`);
      await cameraIs(outside, true, patienceMs, lost);
      await outside.until('a frame of the camera', isYard, patienceMs);
      return `restarts of the service: ${await shell.must(restarts)}`;
    },
    { needs: [...needs, heardOutside] },
  );
  await steps.take(
    'goby doctor finds no failure, with both cameras there',
    async () => {
      const { code, text } = await shell.run('goby doctor');
      if (code !== 0) throw new Error(`ended with ${code}:\n${text}`);
      return text;
    },
    { needs },
  );
  await steps.take(
    'with a full disk it goes on detecting and switching, and recovers when there is room',
    async () => {
      await shell.must(
        'fallocate -l $(($(stat -f -c "%f*%S" /) - 4096 * 1024)) /var/full || true; dd if=/dev/zero of=/var/fuller bs=64k 2>/dev/null; sync; df / | tail -1',
      );
      const refused = await shell.run('runuser -u goby -- dd if=/dev/zero of=/var/lib/goby/probe bs=64k count=4');
      const before = await pin.changes();
      await pin.becomes(1, before);
      await outside.until('a person', isPerson, patienceMs);
      const told = await shell.run(
        'journalctl -u goby -p warning -o cat --no-pager | grep -i -E "space|disk|ENOSPC" | tail -2',
      );
      await shell.must('rm -f /var/full /var/fuller /var/lib/goby/probe; systemctl is-active goby');
      await outside.until('an event after it', ({ topic }) => topic.endsWith('/events'), patienceMs);
      if (refused.code === 0) throw new Error(`the disk was not full: ${refused.text}`);
      return `${told.text || 'nothing said'}; restarts of the service: ${await shell.must(restarts)}`;
    },
    { needs: [...needs, heardOutside] },
  );
}

/** Reboots; the machine that comes is another QEMU with the same disk. */
export async function rebootStep(scene: Scene, startAgain: () => Promise<Machine>): Promise<Machine> {
  const { outside, steps, patienceMs } = scene;
  let { machine } = scene;
  await steps.take(
    'a reboot keeps state: the control stays on, events go on counting, the pin works',
    async () => {
      await outside.send('goby/guest/control/alarm/set', 'ON');
      await outside.until('the control', isControl('ON'), patienceMs, 0);
      const last = lastSequence(outside);
      await machine.console.send('systemctl --no-block reboot');
      await machine.ended;
      await machine.kill();
      const from = outside.heard.length;
      machine = await startAgain();
      await machine.console.ready();
      await machine.console.must(`/usr/lib/guest/chip; ${becomesReady}`);
      await outside.until('the control', isControl('ON'), patienceMs, from);
      const first = await outside.until('an event', ({ topic }) => topic.endsWith('/events'), patienceMs, from);
      const { sequence } = JSON.parse(first.payload) as { sequence: number };
      if (sequence <= last - 5) throw new Error(`event ${sequence} came after event ${last}`);
      await new SimulatedPin(machine).becomes(1, 0);
      const newest = lastSequence(outside);
      if (newest <= last) throw new Error(`no newer event than ${last}: ${newest}`);
      return `events to ${last} before, to ${newest} after it`;
    },
    { needs: [installed, heardOutside] },
  );
  return machine;
}

function lastSequence(outside: MqttOutside): number {
  const events = outside.heard.filter(({ topic }) => topic.endsWith('/events'));
  return Math.max(0, ...events.map(({ payload }) => (JSON.parse(payload) as { sequence: number }).sequence));
}

const isYard = ({ topic }: Heard): boolean => topic === 'goby/guest/yard/detections';
const isControl =
  (state: string) =>
  ({ topic, payload }: Heard): boolean =>
    topic === 'goby/guest/control/alarm/state' && payload.includes(`"state":"${state}"`);

async function cameraIs(outside: MqttOutside, streaming: boolean, patienceMs: number, from: number): Promise<void> {
  await outside.until(
    `the camera ${streaming ? 'streaming' : 'lost'}`,
    ({ topic, payload }) => {
      if (topic !== 'goby/guest/health') return false;
      const parts = JSON.parse(payload) as Record<string, { state: string }>;
      const state = parts['camera/yard']?.state;
      return state !== undefined && (state === 'streaming') === streaming;
    },
    patienceMs,
    from,
  );
}
