import test from 'ava';
import { UnavailableError } from '../../../src/errors.ts';
import { type AdapterName, type GpioMachine, inspectLine, openSwitch } from '../../../src/flow/act/open-switch.ts';
import { type FakeChip, FakeGpioKernel, fakeLine, piChip } from '../../fakes/gpio-kernel.ts';
import { FakeSysfs, type FakeSysfsChip, piSysfsChips } from '../../fakes/sysfs-gpio.ts';

interface MachineParts {
  readonly chips?: readonly FakeChip[];
  readonly sysfs?: readonly FakeSysfsChip[];
  readonly model?: string;
  readonly hasOnoff?: boolean;
}

const pi4 = 'Raspberry Pi 4 Model B Rev 1.4';

function machine({ chips = [], sysfs, model, hasOnoff = true }: MachineParts = {}): GpioMachine & { sysfs: FakeSysfs } {
  const fake = new FakeSysfs(sysfs ?? []);
  return {
    kernel: new FakeGpioKernel(chips),
    sysfs: fake,
    sysfsRoot: sysfs === undefined ? '/nowhere' : fake.root,
    loadOnoff: () => {
      if (!hasOnoff) throw new UnavailableError("The optional package onoff can't be loaded.");
      return fake.Gpio;
    },
    boardModel: () => model,
  };
}

function piWith(change: (chip: FakeChip) => void): FakeChip {
  const chip = piChip();
  change(chip);
  return chip;
}

const laptopChip = (): FakeChip => ({
  path: '/dev/gpiochip0',
  label: 'INT34C5:00',
  lines: [fakeLine(), fakeLine()],
});

type Adapter = 'auto' | AdapterName;

/** Adapter, line, machine, and what the error says. */
const failing: readonly (readonly [Adapter, string, MachineParts, RegExp])[] = [
  // A line of a Raspberry Pi is never simulated unasked.
  ['auto', 'GPIO17', { model: pi4 }, /GPIO17 can't be used: there is no GPIO character device.*PrivateDevices=no/],
  [
    'auto',
    'GPIO17',
    { model: pi4, chips: [piWith((chip) => Object.assign(chip, { forbidden: 'EACCES' }))] },
    /may not open \/dev\/gpiochip0 \(EACCES\).*usermod -aG gpio/,
  ],
  [
    'auto',
    'GPIO17',
    { model: pi4, chips: [piWith((chip) => Object.assign(chip, { forbidden: 'EPERM' }))] },
    /forbids \/dev\/gpiochip0 \(EPERM\).*DeviceAllow=char-gpiochip rw/,
  ],
  ['auto', 'GPIO71', { model: pi4, chips: [piChip()] }, /no GPIO line named GPIO71.*Close names: .*GPIO7, GPIO1/],
  ['auto', 'LAMP', { model: pi4, chips: [piChip()] }, /no GPIO line named LAMP.*Lines here: ID_SDA, ID_SCL, GPIO2/],
  ['auto', 'gpiochip3:1', { model: pi4, chips: [piChip()] }, /no GPIO chip for gpiochip3:1.*Chips here: gpiochip0/],
  [
    'auto',
    'gpiochip0:58',
    { model: pi4, chips: [piChip()] },
    /no line gpiochip0:58: gpiochip0 \(pinctrl-bcm2711\) has the lines 0 to 57/,
  ],
  [
    'auto',
    'GPIO17',
    { model: pi4, chips: [piWith(({ lines }) => lines.splice(17, 1, fakeLine('GPIO17', 'lirc')))] },
    /GPIO17 is taken by lirc \(EBUSY\).*End that program/,
  ],
  [
    'auto',
    'GPIO17',
    { model: pi4, chips: [piWith(({ lines }) => lines.splice(17, 1, fakeLine('GPIO17', 'goby')))] },
    /taken by goby \(EBUSY\).*systemctl stop goby/,
  ],
  [
    'auto',
    'GPIO17',
    { model: pi4, chips: [piWith(({ lines }) => lines.splice(17, 1, fakeLine('GPIO17', 'sysfs')))] },
    /taken by sysfs \(EBUSY\).*\/sys\/class\/gpio\/unexport/,
  ],
  ['auto', 'GPIO17', { model: pi4, sysfs: piSysfsChips, hasOnoff: false }, /onoff can't be loaded/],
  // A taken line is told on any machine, and so is a chip that was asked for.
  [
    'auto',
    'GPIO17',
    { chips: [{ path: '/dev/gpiochip0', label: 'some', lines: [fakeLine('GPIO17', 'other')] }] },
    /taken by other/,
  ],
  ['auto', 'gpiochip0:7', { chips: [laptopChip()] }, /has the lines 0 to 1/],
  // An adapter that was asked for isn't replaced.
  ['gpiochip', 'GPIO17', {}, /there is no GPIO character device/],
  ['gpiochip', 'GPIO17', { chips: [laptopChip()] }, /No line has a name here: write it as gpiochip0:17/],
  ['onoff', 'GPIO17', {}, /GPIO17 can't be found through \/nowhere.*Chips here: none/],
  [
    'onoff',
    'GPIO60',
    { sysfs: piSysfsChips },
    /GPIO60 can't be found.*Chips here: pinctrl-bcm2711 \(512 to 569\), raspberrypi-exp-gpio \(570 to 577\)/,
  ],
  ['onoff', 'LAMP', { sysfs: piSysfsChips }, /LAMP can't be found.*knows no line names/],
];

for (const [adapter, line, parts, message] of failing) {
  test(`${adapter} ${line} fails: ${message.source}`, (t) => {
    const at = machine(parts);
    const options = { adapter, line, activeLow: false, initial: false };
    t.throws(() => openSwitch(options, at), { instanceOf: UnavailableError, message });
    t.is((at.kernel as FakeGpioKernel).openFiles, 0);
  });
}

/** Adapter, line, machine, the adapter that is chosen, and what the detail says. */
const chosen: readonly (readonly [Adapter, string, MachineParts, AdapterName, RegExp])[] = [
  [
    'auto',
    'GPIO17',
    { model: pi4, chips: [piChip()] },
    'gpiochip',
    /^GPIO17 is line 17 of gpiochip0 \(pinctrl-bcm2711\)$/,
  ],
  ['auto', 'gpiochip0:4', { model: pi4, chips: [piChip()] }, 'gpiochip', /line 4 of gpiochip0/],
  // Named after its function, but the offset on the header is the number.
  ['auto', 'GPIO1', { model: pi4, chips: [piChip()] }, 'gpiochip', /GPIO1 is line 1 of gpiochip0/],
  ['auto', 'GPIO17', { chips: [laptopChip(), piChip('/dev/gpiochip4')] }, 'gpiochip', /line 17 of gpiochip4/],
  [
    'auto',
    'GPIO17',
    { chips: [{ ...laptopChip(), forbidden: 'EACCES' }, piChip('/dev/gpiochip4')] },
    'gpiochip',
    /line 17 of gpiochip4/,
  ],
  ['auto', 'GPIO17', { model: pi4, sysfs: piSysfsChips }, 'onoff', /GPIO17 is 529 in /],
  ['auto', 'GPIO17', { model: pi4, sysfs: piSysfsChips, chips: [piChip()] }, 'gpiochip', /line 17/],
  ['onoff', 'gpiochip1:3', { sysfs: piSysfsChips }, 'onoff', /gpiochip1:3 is 573 in /],
  ['onoff', 'GPIO17', { sysfs: [{ base: 0, label: 'pinctrl-bcm2835', lines: 54 }] }, 'onoff', /GPIO17 is 17 in /],
  ['auto', 'GPIO17', {}, 'simulated', /^GPIO17 is simulated: This machine has no GPIO\.$/],
  ['auto', 'gpiochip0:4', {}, 'simulated', /This machine has no GPIO/],
  ['auto', 'GPIO17', { chips: [laptopChip()] }, 'simulated', /simulated: There is no GPIO line named GPIO17/],
  [
    'auto',
    'GPIO17',
    { chips: [{ ...laptopChip(), forbidden: 'EACCES' }] },
    'simulated',
    /simulated: GPIO17 can't be used: this user may not open/,
  ],
  ['simulated', 'GPIO17', { model: pi4, chips: [piChip()] }, 'simulated', /simulated, as configured/],
];

for (const [index, [adapter, line, parts, expected, detail]] of chosen.entries()) {
  test(`choice ${index + 1}: ${adapter} ${line} gives ${expected}, ${detail.source}`, (t) => {
    const opened = openSwitch({ adapter, line, activeLow: false, initial: true }, machine(parts));
    t.is(opened.adapter, expected);
    t.regex(opened.detail, detail);
    t.true(opened.switch.get());
  });
}

test('looking at a line tells who holds it, and reads the level of a free output only', (t) => {
  const chip = piChip();
  const at = machine({ model: pi4, chips: [chip] });
  const options = { adapter: 'auto', line: 'GPIO17', activeLow: true } as const;
  t.like(inspectLine(options, at), { adapter: 'gpiochip', level: undefined, holder: undefined });

  const { switch: held } = openSwitch({ ...options, initial: true }, at);
  t.like(inspectLine(options, at), { level: undefined, holder: 'goby' });

  held.close(true);
  const line = chip.lines[17]!;
  const before = [...line.history];
  t.like(inspectLine(options, at), { level: true, holder: undefined });
  t.deepEqual(line.history, before);
  t.is((at.kernel as FakeGpioKernel).openFiles, 0);
});

test('looking at a line in sysfs reads the level of an exported line', (t) => {
  const at = machine({ model: pi4, sysfs: piSysfsChips });
  const options = { adapter: 'auto', line: 'GPIO17', activeLow: true } as const;
  t.like(inspectLine(options, at), { adapter: 'onoff', level: undefined, holder: undefined });
  at.sysfs.export(529);
  t.like(inspectLine(options, at), { level: true, holder: 'sysfs' });
});
