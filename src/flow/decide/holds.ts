/** Who wants an output on, and how: rules with what they fired for, and rules that switched it on for good. The newest counts. */
import type { OutputAction } from './action.ts';

/** One wish: a rule's, for one event (or a group of them), or for good. */
export interface Holder {
  readonly rule: string;
  /** Undefined: for good, it outlasts what the rule fired for. */
  readonly subject: string | undefined;
}

export class Holds {
  readonly #byOutput = new Map<string, Map<string, { readonly holder: Holder; readonly action: OutputAction }>>();

  add(holder: Holder, action: OutputAction): void {
    const holds = this.#byOutput.get(action.output) ?? new Map();
    // Taken out first: a Map keeps the place of a key it has.
    holds.delete(keyOf(holder));
    holds.set(keyOf(holder), { holder, action });
    this.#byOutput.set(action.output, holds);
  }

  /** Ends one hold. @returns what the output should do then: off, or what the newest of the others wants */
  remove(output: string, holder: Holder, reason: string): OutputAction | undefined {
    const holds = this.#byOutput.get(output);
    const newest = [...(holds?.values() ?? [])].at(-1)?.action;
    const ended = holds?.get(keyOf(holder))?.action;
    if (holds === undefined || ended === undefined) return undefined;
    holds.delete(keyOf(holder));
    const next = [...holds.values()].at(-1)?.action;
    if (next === undefined) return { kind: 'off', output, reason };
    return ended === newest && !looksSame(ended, next) ? next : undefined;
  }

  /** Ends all holds of a rule. @returns what the outputs should do then */
  removeAll(rule: string, reason: string): OutputAction[] {
    return [...this.#byOutput].flatMap(([output, holds]) => {
      const own = [...holds.values()].map(({ holder }) => holder).filter((holder) => holder.rule === rule);
      const actions = own.map((holder) => this.remove(output, holder, reason));
      // Each removal says what is next; only the state after all of them counts.
      const last = actions.filter((action) => action !== undefined).at(-1);
      return last === undefined ? [] : [last];
    });
  }

  isHeldBy(output: string, rule: string): boolean {
    return [...(this.#byOutput.get(output)?.values() ?? [])].some(({ holder }) => holder.rule === rule);
  }

  letGo(output: string): void {
    this.#byOutput.delete(output);
  }
}

function keyOf({ rule, subject }: Holder): string {
  return `${rule}\n${subject ?? ''}`;
}

/** Would going from one to the other change nothing to see? A blink that ends by itself is not begun again. */
function looksSame(ended: OutputAction, next: OutputAction): boolean {
  if (next.kind !== 'blink') return ended.kind === next.kind;
  return next.durationMs !== undefined || (ended.kind === 'blink' && ended.periodMs === next.periodMs);
}
