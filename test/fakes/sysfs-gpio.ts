/** /sys/class/gpio in a temporary folder, and a Gpio class with onoff's methods that treats it as the kernel does. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OnoffGpio, OnoffGpioClass } from '../../src/flow/act/onoff-switch.ts';

export interface FakeSysfsChip {
  readonly base: number;
  readonly label: string;
  readonly lines: number;
  /** Name of the character device that the chip would have. */
  readonly device?: string;
}

/** The chips of a Raspberry Pi 4 on a current kernel, whose numbers start at 512. */
export const piSysfsChips: readonly FakeSysfsChip[] = [
  { base: 512, label: 'pinctrl-bcm2711', lines: 58, device: 'gpiochip0' },
  { base: 570, label: 'raspberrypi-exp-gpio', lines: 8, device: 'gpiochip1' },
];

const roots: string[] = [];
process.once('exit', () => {
  for (const root of roots) rmSync(root, { recursive: true, force: true });
});

export class FakeSysfs {
  readonly root: string = mkdtempSync(join(tmpdir(), 'goby-sysfs-'));
  readonly #chips: readonly FakeSysfsChip[];
  /** Sysfs numbers that a holder outside of sysfs has. */
  readonly taken = new Set<number>();
  readonly #history = new Map<number, boolean[]>();
  gone = false;
  forbidden = false;

  constructor(chips: readonly FakeSysfsChip[]) {
    this.#chips = chips;
    roots.push(this.root);
    for (const { base, label, lines, device } of chips) {
      const folder = join(this.root, `gpiochip${base}`);
      mkdirSync(join(folder, 'device', device ?? 'none'), { recursive: true });
      writeFileSync(join(folder, 'base'), `${base}\n`);
      writeFileSync(join(folder, 'label'), `${label}\n`);
      writeFileSync(join(folder, 'ngpio'), `${lines}\n`);
    }
  }

  /** Every physical level that a line had as an output. */
  history(number: number): readonly boolean[] {
    return this.#history.get(number) ?? [];
  }

  isExported(number: number): boolean {
    try {
      return readFileSync(join(this.root, `gpio${number}`, 'value'), 'utf8') !== '';
    } catch {
      return false;
    }
  }

  export(number: number): void {
    if (this.forbidden) throw failure('EACCES');
    if (this.taken.has(number)) throw failure('EBUSY');
    if (!this.#chips.some(({ base, lines }) => number >= base && number < base + lines)) throw failure('EINVAL');
    const folder = join(this.root, `gpio${number}`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'direction'), 'in\n');
    writeFileSync(join(folder, 'active_low'), '0\n');
    writeFileSync(join(folder, 'value'), '0\n');
  }

  unexport(number: number): void {
    rmSync(join(this.root, `gpio${number}`), { recursive: true });
  }

  level(number: number, high?: boolean): boolean {
    if (this.gone) throw failure('ENODEV');
    const file = join(this.root, `gpio${number}`, 'value');
    if (high !== undefined) {
      writeFileSync(file, high ? '1\n' : '0\n');
      this.#history.set(number, [...this.history(number), high]);
    }
    return readFileSync(file, 'utf8').startsWith('1');
  }

  /** The class to hand to the adapter. */
  get Gpio(): OnoffGpioClass {
    const sysfs = this;
    return class implements OnoffGpio {
      readonly #number: number;

      constructor(number: number, direction: 'high' | 'low') {
        this.#number = number;
        if (!sysfs.isExported(number)) sysfs.export(number);
        writeFileSync(join(sysfs.root, `gpio${number}`, 'direction'), 'out\n');
        sysfs.level(number, direction === 'high');
      }

      readSync(): 0 | 1 {
        return sysfs.level(this.#number) ? 1 : 0;
      }

      writeSync(value: 0 | 1): void {
        sysfs.level(this.#number, value === 1);
      }

      direction(): string {
        return readFileSync(join(sysfs.root, `gpio${this.#number}`, 'direction'), 'utf8').trim();
      }

      unexport(): void {
        sysfs.unexport(this.#number);
      }
    };
  }
}

function failure(code: string): Error {
  return Object.assign(new Error(`${code}: refused`), { code });
}
