/** Inputs worth keeping: one, the smallest found, for each thing that can come of an input. They lie in test/fixtures/fuzz. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = join(import.meta.dirname, '..', 'fixtures', 'fuzz');
/** Of one target, so that all of them together stay small enough for the repository. */
const mostBytes = 30_000;

export class Corpus {
  readonly #folder: string;
  /** By what came of them, in general words. */
  readonly #inputs = new Map<string, Buffer>();

  constructor(target: string) {
    this.#folder = join(folder, target);
  }

  /** Smallest first. */
  read(): Buffer[] {
    const names = existsSync(this.#folder) ? readdirSync(this.#folder).sort() : [];
    return names.map((name) => readFileSync(join(this.#folder, name))).sort((a, b) => a.length - b.length);
  }

  offer(outcome: string, input: Buffer): void {
    const general = generalised(outcome);
    const before = this.#inputs.get(general);
    if (before === undefined || input.length < before.length) this.#inputs.set(general, Buffer.from(input));
  }

  /** Replaces what was kept before. */
  write(): void {
    rmSync(this.#folder, { recursive: true, force: true });
    mkdirSync(this.#folder, { recursive: true });
    let left = mostBytes;
    for (const input of [...this.#inputs.values()].sort((a, b) => a.length - b.length)) {
      left -= input.length;
      if (left < 0) return;
      const name = createHash('sha256').update(input).digest('hex').slice(0, 16);
      writeFileSync(join(this.#folder, name), input);
    }
  }
}

/** Without the values of the case: numbers, and what is quoted. */
function generalised(outcome: string): string {
  return outcome
    .replaceAll(/"[^"]*"|'[^']*'/g, '"…"')
    .replaceAll(/\d+/g, '0')
    .slice(0, 120);
}
