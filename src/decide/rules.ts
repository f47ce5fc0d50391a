/** Rules: an event comes in, actions come out. Which rule holds which output on is remembered here. */
import type { RuleConfig } from '../config/schema.ts';
import type { Event } from '../track/event.ts';
import type { Action } from './action.ts';

export interface Rules {
  /**
   * What the outputs should do about an event, in the order of the rules. A rule fires once per event, as soon as
   * score and cooldown allow.
   * @param nowMs performance.now() ms, which cooldowns are measured against
   */
  decide(event: Event, nowMs: number): readonly Action[];
  /** An output was switched from outside (MQTT, its time limit, its safe state): no rule holds it on any more. */
  letGo(output: string): void;
}

/** What a rule remembers. */
interface RuleState {
  readonly rule: RuleConfig;
  /** Ids of the events in view that it fired for. */
  readonly fired: Set<string>;
  lastFiredMs: number;
}

/** A label of the rule that means any. */
const anyLabel = '*';
/** How long a pulse lasts when the rule doesn't say. */
const defaultPulseMs = 1000;

export function createRules(configs: readonly RuleConfig[]): Rules {
  const states = configs.map((rule): RuleState => ({ rule, fired: new Set(), lastFiredMs: Number.NEGATIVE_INFINITY }));
  const holds = new Holds();
  return {
    decide: (event, nowMs) =>
      event.type === 'end' ? release(states, holds, event) : fire({ states, holds, event, nowMs }),
    letGo: (output) => holds.letGo(output),
  };
}

/** Does the rule speak about this event, whatever its score? */
export function concerns(rule: Pick<RuleConfig, 'camera' | 'label'>, event: Pick<Event, 'camera' | 'label'>): boolean {
  return (
    (rule.camera === undefined || rule.camera === event.camera) &&
    (rule.label === anyLabel || rule.label === event.label)
  );
}

/** Who wants an output on, and how: pairs of rule and event, and rules that switched it on for good. The newest counts. */
class Holds {
  readonly #byOutput = new Map<string, Map<string, Action>>();

  add(rule: RuleConfig, id: string, action: Action): void {
    const holders = this.#byOutput.get(rule.output) ?? new Map<string, Action>();
    // Taken out first: a Map keeps the place of a key it has.
    holders.delete(holder(rule, id));
    holders.set(holder(rule, id), action);
    this.#byOutput.set(rule.output, holders);
  }

  /** Ends one hold. @returns what the output should do then: off, or what the newest of the others wants */
  remove(rule: RuleConfig, id: string, reason: string): Action | undefined {
    const holders = this.#byOutput.get(rule.output);
    const newest = [...(holders?.values() ?? [])].at(-1);
    const ended = holders?.get(holder(rule, id));
    if (holders === undefined || ended === undefined) return undefined;
    holders.delete(holder(rule, id));
    const next = [...holders.values()].at(-1);
    if (next === undefined) return { kind: 'off', output: rule.output, reason };
    return ended === newest && !looksSame(ended, next) ? next : undefined;
  }

  isHeldBy(rule: RuleConfig): boolean {
    return [...(this.#byOutput.get(rule.output)?.keys() ?? [])].some((one) => one.startsWith(`${rule.name}\n`));
  }

  letGo(output: string): void {
    this.#byOutput.delete(output);
  }
}

/** Would going from one to the other change nothing to see? A blink that ends by itself is not begun again. */
function looksSame(ended: Action, next: Action): boolean {
  if (next.kind !== 'blink') return ended.kind === next.kind;
  return next.durationMs !== undefined || (ended.kind === 'blink' && ended.periodMs === next.periodMs);
}

/** An on that outlasts its event is held by the rule itself. */
function holder(rule: RuleConfig, id: string): string {
  return `${rule.name}\n${rule.offWhenGone ? id : ''}`;
}

function isHolding({ action }: RuleConfig): boolean {
  return action === 'on' || action === 'blink';
}

function fire(input: { states: readonly RuleState[]; holds: Holds; event: Event; nowMs: number }): Action[] {
  const { states, holds, event, nowMs } = input;
  const actions: Action[] = [];
  for (const state of states) {
    const { rule, fired } = state;
    if (!concerns(rule, event) || event.score < rule.minScore || fired.has(event.id)) continue;
    if (nowMs - state.lastFiredMs < rule.cooldownMs) {
      // Within the cooldown nothing fires, but what the rule already holds on stays on for this event too.
      if (isHolding(rule) && rule.offWhenGone && holds.isHeldBy(rule)) holds.add(rule, event.id, actionOf(rule, event));
      continue;
    }
    fired.add(event.id);
    state.lastFiredMs = nowMs;
    const action = actionOf(rule, event);
    if (isHolding(rule)) holds.add(rule, event.id, action);
    if (rule.action === 'off') holds.letGo(rule.output);
    actions.push(action);
  }
  return actions;
}

/** An event has ended: whatever only this event held on goes off, and what others hold on does as they want. */
function release(states: readonly RuleState[], holds: Holds, event: Event): Action[] {
  const actions: Action[] = [];
  for (const { rule, fired } of states) {
    fired.delete(event.id);
    if (!isHolding(rule) || !rule.offWhenGone || !concerns(rule, event)) continue;
    const reason = `rule ${rule.name}: ${event.label} on ${event.camera} has ended (${event.reason ?? 'gone'})`;
    const action = holds.remove(rule, event.id, reason);
    if (action !== undefined) actions.push(action);
  }
  return actions;
}

function actionOf(rule: RuleConfig, event: Event): Action {
  const { output, durationMs, periodMs } = rule;
  const reason = `rule ${rule.name}: ${event.label} ${event.score.toFixed(2)} on ${event.camera}`;
  switch (rule.action) {
    case 'on':
    case 'off':
      return { kind: rule.action, output, reason };
    case 'pulse':
      return { kind: 'pulse', output, reason, durationMs: durationMs ?? defaultPulseMs };
    case 'blink':
      return { kind: 'blink', output, reason, periodMs, ...(durationMs === undefined ? {} : { durationMs }) };
  }
}
