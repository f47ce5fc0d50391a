/** GPIO17 of the simulated chip, as the simulator's side saw it: /run/pin of the guest has a line for each change. */
import type { Machine } from '../../scripts/guest/machine.ts';

export class SimulatedPin {
  readonly #machine: Machine;

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  /** How many changes were seen so far. */
  async changes(): Promise<number> {
    return Number(await this.#machine.console.must('wc -l </run/pin'));
  }

  /** Waits, inside, for a change to a level after so many changes. Returns the uptime of that change. */
  async becomes(level: 0 | 1, after: number): Promise<string> {
    const found = `tail -n +${after + 1} /run/pin | grep -m1 ' ${level}$'`;
    return this.#machine.console.must(
      `for i in $(seq 600); do ${found} && exit 0; sleep 1; done; echo "GPIO17 never became ${level}"; exit 1`,
    );
  }

  /** Waits until it is high now, and holds goby still there, so that goby itself can't switch it off any more. */
  async holdHigh(): Promise<number> {
    await this.#machine.console.must(
      `for i in $(seq 600); do if [ "$(cat "$(cat /run/gpio17)")" = 1 ]; then systemctl kill --signal=STOP goby; [ "$(cat "$(cat /run/gpio17)")" = 1 ] && exit 0; systemctl kill --signal=CONT goby; fi; sleep 0.5; done; exit 1`,
    );
    // The watcher looks every 0.2 s.
    await this.#machine.console.must("until tail -1 /run/pin | grep -q ' 1$'; do sleep 0.2; done");
    return this.changes();
  }
}
