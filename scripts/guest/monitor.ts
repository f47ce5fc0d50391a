/** QEMU's monitor: memory of the guest, such as the registers of its GPIO pins, read from outside. */

import type { Socket } from 'node:net';
import { connectWhenThere } from './socket.ts';

/** Registers of the BCM2837's GPIO block, as physical addresses: function of pins 10 to 19, and levels of pins 0 to 31. */
const gpfsel1 = 0x3f20_0004;
const gplev0 = 0x3f20_0034;

export interface PinState {
  /** Output where the three function bits are 001. */
  readonly direction: 'input' | 'output' | 'other';
  /** Bit of the level register. */
  readonly level: boolean;
}

export class Monitor {
  readonly #path: string;
  #socket: Socket | undefined;
  #text = '';
  #wake: (() => void) | undefined;
  #busy: Promise<unknown> = Promise.resolve();

  constructor(path: string) {
    this.#path = path;
  }

  async connect(): Promise<void> {
    this.#socket = await connectWhenThere(this.#path);
    this.#socket.setEncoding('utf8').on('data', (text: string) => {
      this.#text += text;
      this.#wake?.();
    });
    this.#socket.on('error', () => undefined).on('close', () => this.#wake?.());
    await this.#prompt();
  }

  /** One command and what it answers. */
  ask(command: string): Promise<string> {
    const answer = this.#busy.then(async () => {
      this.#text = '';
      this.#socket?.write(`${command}\n`);
      return this.#prompt();
    });
    this.#busy = answer.catch(() => undefined);
    return answer;
  }

  /** A 32-bit word of physical memory. */
  async word(address: number): Promise<number> {
    const answer = await this.ask(`xp /1xw 0x${address.toString(16)}`);
    const value = /: 0x([0-9a-f]{8})/.exec(answer)?.[1];
    if (value === undefined) throw new Error(`the monitor gave no word at 0x${address.toString(16)}: ${answer}`);
    return Number.parseInt(value, 16);
  }

  /** GPIO10 to GPIO19 of a Raspberry Pi. After its release a pin's level bit may stay while it is an input: read both. */
  async pin(number: number): Promise<PinState> {
    const selected = ((await this.word(gpfsel1)) >>> ((number - 10) * 3)) & 7;
    const level = ((await this.word(gplev0)) >>> number) & 1;
    return { direction: selected === 1 ? 'output' : selected === 0 ? 'input' : 'other', level: level === 1 };
  }

  close(): void {
    this.#socket?.destroy();
  }

  async #prompt(): Promise<string> {
    while (!/\(qemu\) $/.test(this.#text)) {
      if (this.#socket?.destroyed !== false) throw new Error("QEMU's monitor has closed");
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#text;
  }
}
