/** A guest machine under QEMU: a PC (q35) or a Raspberry Pi 3B, with a monitor, a command channel and a log. */
import { type ChildProcess, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GuestConsole } from './guest-console.ts';
import { Monitor } from './monitor.ts';
import { Trouble } from './run-program.ts';

export type MachineKind = 'q35' | 'raspi3b';

/** The console that the guest's command channel is on. */
export const consoleOf: Record<MachineKind, string> = { q35: 'ttyS0', raspi3b: 'ttyS1' };

export const qemuOf: Record<MachineKind, string> = { q35: 'qemu-system-x86_64', raspi3b: 'qemu-system-aarch64' };

export interface MachineOptions {
  readonly kind: MachineKind;
  readonly kernel: string;
  readonly initrd: string;
  /** raspi3b only. */
  readonly deviceTree?: string;
  /** Raw image; the size of an SD card is a power of two. */
  readonly disk: string;
  readonly rootDevice: string;
  /** Added to the kernel's command line. */
  readonly append?: string;
  /** writethrough: what the guest has flushed survives the end of QEMU, as on a card. unsafe: faster. */
  readonly cache?: 'unsafe' | 'writethrough';
  /** A port of this machine's loopback that leads to the guest's 1883. */
  readonly mqttPort?: number;
}

export class Machine {
  readonly console: GuestConsole;
  readonly monitor: Monitor;
  /** Resolves when QEMU has ended. */
  readonly ended: Promise<void>;
  readonly #child: ChildProcess;
  readonly #folder: string;
  #stderr = '';

  private constructor(child: ChildProcess, folder: string) {
    this.#child = child;
    this.#folder = folder;
    // No guest outlives the program that started it.
    const end = (): void => {
      child.kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    };
    process.once('exit', end);
    child.once('close', () => process.off('exit', end));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
    this.ended = new Promise((resolve) => {
      child.once('close', () => resolve());
      child.once('error', (error) => {
        this.#stderr += error.message;
        resolve();
      });
    });
    this.console = new GuestConsole(join(folder, 'console'), this.ended);
    this.monitor = new Monitor(join(folder, 'monitor'));
  }

  /** Resolves when QEMU runs; `console.ready()` tells when the guest does. @throws Trouble with QEMU's own words */
  static async start(options: MachineOptions): Promise<Machine> {
    const folder = await mkdtemp(join(tmpdir(), 'goby-guest-'));
    const child = spawn(qemuOf[options.kind], qemuArguments(options, folder), { stdio: ['ignore', 'ignore', 'pipe'] });
    const machine = new Machine(child, folder);
    try {
      await Promise.all([machine.console.connect(), machine.monitor.connect()]);
    } catch (error) {
      await machine.kill();
      throw new Trouble(`QEMU does not start: ${machine.#stderr.trim() || String(error)}`);
    }
    return machine;
  }

  /** A power cut: nothing of the guest or of QEMU gets a word. */
  async kill(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill('SIGKILL');
    await this.ended;
    this.console.close();
    this.monitor.close();
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** An orderly end; a machine that doesn't end by itself, as raspi3b, is killed once the guest has gone down. */
  async shutDown(): Promise<void> {
    await this.console.send('systemctl --no-block poweroff');
    await Promise.race([this.ended, this.console.line(/reboot: Power down|Reached target .*poweroff|System halted/i)]);
    await Promise.race([this.ended, new Promise((resolve) => setTimeout(resolve, 3000).unref())]);
    await this.kill();
  }
}

/** A clock that is never called stable isn't called unstable later, by a patch of code that both processors are always in. */
const quirks: Record<MachineKind, string> = { q35: 'tsc=unstable', raspi3b: '' };

function qemuArguments(options: MachineOptions, folder: string): string[] {
  const { kind, kernel, initrd, deviceTree, disk, rootDevice, append = '', cache = 'unsafe', mqttPort } = options;
  const command = `console=${consoleOf[kind]},115200 root=${rootDevice} rw panic=-1 quiet loglevel=1 systemd.show_status=false mitigations=off net.ifnames=0 ${quirks[kind]} ${append}`;
  const common = [
    ...['-nographic', '-no-reboot', '-kernel', kernel, '-initrd', initrd, '-append', command.trim()],
    ...['-monitor', `unix:${folder}/monitor,server,nowait`],
    ...['-chardev', `socket,id=console,path=${folder}/console,server=on,wait=off,logfile=${folder}/console.log`],
  ];
  const forward = mqttPort === undefined ? '' : `,hostfwd=tcp:127.0.0.1:${mqttPort}-10.0.2.15:1883`;
  const network = `user,id=net,restrict=on${forward}`;
  if (kind === 'raspi3b') {
    return [
      ...['-M', 'raspi3b', '-m', '1G', '-accel', 'tcg,thread=multi', ...common, '-dtb', deviceTree ?? ''],
      // The first serial port is Bluetooth's in the device tree, the second is the console.
      ...['-serial', 'null', '-serial', 'chardev:console'],
      ...['-drive', `file=${disk},if=sd,format=raw,cache=${cache}`],
      // The board's own network adapter hangs on USB too, and isn't emulated.
      ...(mqttPort === undefined ? [] : ['-netdev', network, '-device', 'usb-net,netdev=net']),
    ];
  }
  return [
    ...['-M', 'q35', '-accel', 'tcg', '-cpu', 'Nehalem', '-m', '1536', '-smp', '2', '-nodefaults', ...common],
    ...['-serial', 'chardev:console'],
    ...['-drive', `file=${disk},if=none,id=disk,format=raw,cache=${cache}`, '-device', 'virtio-blk-pci,drive=disk'],
    ...['-netdev', network, '-device', 'virtio-net-pci,netdev=net,romfile='],
  ];
}
