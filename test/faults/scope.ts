/** What a run of faults has begun, ended in reverse: takes the place of ava's teardown outside of it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export class Scope {
  readonly #ends: (() => unknown)[] = [];

  teardown(end: () => unknown): void {
    this.#ends.unshift(end);
  }

  folder(): string {
    const folder = mkdtempSync(join(tmpdir(), 'goby-faults-'));
    this.teardown(() => rmSync(folder, { recursive: true, force: true }));
    return folder;
  }

  async end(): Promise<void> {
    for (const end of this.#ends.splice(0)) await end();
  }
}

/** Runs `body` in a scope of its own. */
export async function scoped<Result>(body: (scope: Scope) => Promise<Result>): Promise<Result> {
  const scope = new Scope();
  try {
    return await body(scope);
  } finally {
    await scope.end();
  }
}
