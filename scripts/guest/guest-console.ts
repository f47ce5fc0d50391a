/** Runs commands in a guest over its serial console, where a small shell loop of the test's own answers. */
import type { Socket } from 'node:net';
import type { NewFile, NewLink } from './ext4-files.ts';
import { connectWhenThere } from './socket.ts';

export interface Outcome {
  readonly code: number;
  /** Standard output and error together. */
  readonly text: string;
}

export class GuestConsole {
  /** How long anything may take; what never comes fails with the end of the guest's log. */
  patienceMs = 300_000;
  /** All lines of the console, for the record. */
  readonly lines: string[] = [];
  /** Called with each line as it comes. */
  onLine: ((line: string) => void) | undefined;
  readonly #path: string;
  readonly #machineEnded: Promise<void>;
  readonly #wakers = new Set<() => void>();
  #socket: Socket | undefined;
  #rest = '';
  #count = 0;
  #over = false;

  constructor(path: string, machineEnded: Promise<void>) {
    this.#path = path;
    this.#machineEnded = machineEnded;
  }

  async connect(): Promise<void> {
    this.#socket = await connectWhenThere(this.#path);
    this.#socket.setEncoding('utf8').on('data', (text: string) => this.#take(text));
    this.#socket.on('error', () => undefined);
    void this.#machineEnded.then(() => {
      this.#over = true;
      this.#wake();
    });
  }

  /** Resolves when the kernel has started its first program. */
  async kernel(patienceMs: number): Promise<void> {
    await this.line(/<<the kernel is up>>/, 0, patienceMs);
  }

  /** Resolves when the guest takes commands. */
  async ready(): Promise<void> {
    await this.line(/<<ready>>/);
  }

  /** Runs a shell command to its end. One at a time. */
  async run(command: string): Promise<Outcome> {
    const from = this.lines.length;
    const id = await this.send(command);
    const match = await this.line(new RegExp(`<<${id} (\\d+) ([A-Za-z0-9+/=]*)>>`), from);
    return {
      code: Number(match[1]),
      text: Buffer.from(match[2] ?? '', 'base64')
        .toString('utf8')
        .trimEnd(),
    };
  }

  /** The same, which must end with 0. @throws Error with the command and what it printed */
  async must(command: string): Promise<string> {
    const { code, text } = await this.run(command);
    if (code !== 0) throw new Error(`in the guest, ${command} ended with ${code}:\n${text.slice(-4000)}`);
    return text;
  }

  /** Sends a command without waiting. */
  async send(command: string): Promise<string> {
    const id = `c${++this.#count}`;
    this.#socket?.write(`${id} ${Buffer.from(command).toString('base64')}\n`);
    return id;
  }

  /** The first line from position `from` on that matches. */
  async line(pattern: RegExp, from = 0, patienceMs = this.patienceMs): Promise<RegExpExecArray> {
    const untilMs = performance.now() + patienceMs;
    let next = from;
    for (;;) {
      for (; next < this.lines.length; next++) {
        const match = pattern.exec(this.lines[next] ?? '');
        if (match) return match;
      }
      const leftMs = untilMs - performance.now();
      if (this.#over || leftMs <= 0) {
        const why = this.#over ? 'the guest ended' : 'patience ended';
        throw new Error(`no line ${pattern} on the guest's console (${why}):\n${this.#tail()}`);
      }
      await this.#news(leftMs);
    }
  }

  close(): void {
    this.#socket?.destroy();
  }

  #take(text: string): void {
    const parts = (this.#rest + text).split(/\r?\n/);
    this.#rest = parts.pop() ?? '';
    this.lines.push(...parts);
    for (const line of parts) this.onLine?.(line);
    this.#wake();
  }

  #news(atMostMs: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        this.#wakers.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, atMostMs);
      this.#wakers.add(wake);
    });
  }

  #wake(): void {
    for (const wake of [...this.#wakers]) wake();
  }

  #tail(): string {
    const lines = this.lines.slice(-20).map((line) => line.slice(0, 200));
    return lines.join('\n');
  }
}

/**
 * The address that QEMU forwards to, given when the adapter comes: its driver is loaded by udev, at any time. Without one,
 * systemd would wait two minutes for the network, and with it all that comes after.
 */
const network = `[Match]
Name=eth* usb*
[Network]
Address=10.0.2.15/24
LinkLocalAddressing=no
IPv6AcceptRA=no
ConfigureWithoutCarrier=yes
`;

/** The guest's side of it: only in images that a test boots. */
export function consoleFiles(tty: string): (NewFile | NewLink)[] {
  const unit = '/etc/systemd/system/guest-console.service';
  return [
    {
      path: '/usr/lib/guest/console',
      mode: 0o755,
      content: `#!/bin/bash
# Takes "ID BASE64-COMMAND" lines, answers "<<ID CODE BASE64-OUTPUT>>".
stty raw -echo
printf '\\n<<ready>>\\n'
while IFS=' ' read -r id encoded; do
  printf '%s' "$encoded" | base64 -d >/run/guest-command
  bash /run/guest-command >/run/guest-output 2>&1 </dev/null
  printf '\\n<<%s %s %s>>\\n' "$id" "$?" "$(base64 -w0 </run/guest-output)"
done
`,
    },
    {
      path: unit,
      content: `[Unit]
Description=Commands of a test
[Service]
ExecStart=/usr/lib/guest/console
StandardInput=tty
StandardOutput=tty
TTYPath=/dev/${tty}
Restart=always
[Install]
WantedBy=multi-user.target
`,
    },
    { path: '/etc/systemd/system/multi-user.target.wants/guest-console.service', target: unit },
    { path: `/etc/systemd/system/serial-getty@${tty}.service`, target: '/dev/null' },
    { path: '/etc/systemd/network/10-guest.network', content: network },
    // Debian enables it where the machine id says "uninitialized", and not where it is empty, as on a card.
    {
      path: '/etc/systemd/system/multi-user.target.wants/systemd-networkd.service',
      target: '/usr/lib/systemd/system/systemd-networkd.service',
    },
    { path: '/etc/sysctl.d/99-guest.conf', content: 'kernel.printk = 1 4 1 7\n' },
  ];
}
