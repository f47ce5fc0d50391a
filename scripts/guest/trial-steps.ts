/** Steps of a trial in a guest: each is printed as it ends, one that fails doesn't keep the others from being tried, and a table sums up. */

export interface StepResult {
  readonly title: string;
  readonly good: boolean;
  readonly seconds: number;
  /** What was seen, or why it failed. */
  readonly detail: string;
}

export interface StepOptions {
  /** Titles of steps without which this one has nothing to stand on. */
  readonly needs?: readonly string[];
}

export class TrialSteps {
  readonly results: StepResult[] = [];
  readonly #tell: (line: string) => void;

  constructor(tell: (line: string) => void) {
    this.#tell = tell;
  }

  /** Runs one step. Its text is what it has to show; an error is its failure. Resolves with whether it went well. */
  async take(title: string, body: () => Promise<string>, { needs = [] }: StepOptions = {}): Promise<boolean> {
    const startedMs = performance.now();
    const missing = needs.find((need) => !this.#went(need));
    const { good, detail } =
      missing === undefined
        ? await body().then(
            (text) => ({ good: true, detail: text }),
            (error: unknown) => ({ good: false, detail: error instanceof Error ? error.message : String(error) }),
          )
        : { good: false, detail: `not tried, as this went wrong: ${missing}` };
    const result = { title, good, seconds: Math.round((performance.now() - startedMs) / 100) / 10, detail };
    this.results.push(result);
    this.#tell(stepLine(result));
    return good;
  }

  get counts(): { readonly passed: number; readonly failed: number } {
    const passed = this.results.filter(({ good }) => good).length;
    return { passed, failed: this.results.length - passed };
  }

  /** All steps again, one line each, and `N passed, N failed`. */
  get table(): string {
    const lines = this.results.map((result) => stepLine({ ...result, detail: firstLine(result.detail) }));
    const { passed, failed } = this.counts;
    return [...lines, `${passed} passed, ${failed} failed`].join('\n');
  }

  #went(title: string): boolean {
    return this.results.some((result) => result.title === title && result.good);
  }
}

function stepLine({ title, good, seconds, detail }: StepResult): string {
  const head = `${good ? '✔' : '✘'} ${seconds.toFixed(1).padStart(7)} s  ${title}`;
  return detail === '' ? head : `${head}: ${detail.replaceAll('\n', '\n    ')}`;
}

function firstLine(text: string): string {
  const [first = '', ...others] = text.split('\n');
  return others.length > 0 ? `${first} ...` : first;
}
