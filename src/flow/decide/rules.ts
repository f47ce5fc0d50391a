/** Rules: an event comes in, or time passes, and actions come out. Each rule keeps its own memory; outputs are shared through their holds. */
import type { RuleConfig } from '../../config/rules-section.ts';
import type { Event } from '../track/event.ts';
import type { Action, OutputAction } from './action.ts';
import type { RuleCircumstances } from './circumstances.ts';
import { Holds } from './holds.ts';
import { RuleWatch } from './rule-watch.ts';
import type { Verdict } from './verdict.ts';

export interface Rules {
  /**
   * What should be done about an event, in the order of the rules. A rule fires once per event, as soon as everything it
   * waits for is true.
   * @param nowMs performance.now() ms, which dwell and cooldown are measured against
   */
  decide(event: Event, nowMs: number): readonly Action[];
  /** The same for everything in view, when time has passed or a control was switched. Call it about twice a second. */
  review(nowMs: number): readonly Action[];
  /** An output was switched from outside (MQTT, its time limit, its safe state): no rule holds it on any more. */
  letGo(output: string): void;
  /** Takes other rules from now on. Unchanged ones go on; what the others hold on is let go. */
  replace(rules: readonly RuleConfig[]): readonly OutputAction[];
  /** What each rule made of an event so far, in the order of the rules. Of one that has ended only while onEnd is called. */
  verdicts(event: Event): readonly Verdict[];
  /** Called when an event has ended and every rule has seen it, with what each made of it. */
  onEnd(listener: (event: Event, verdicts: readonly Verdict[]) => void): void;
}

/** Nothing to arm, and the machine's own clock and time zone. */
const plain: RuleCircumstances = { isArmed: () => false, wallMs: () => Date.now() };

export function createRules(configs: readonly RuleConfig[], circumstances: RuleCircumstances = plain): Rules {
  const holds = new Holds();
  const live = new Map<string, Event>();
  const watch = (rule: RuleConfig): RuleWatch => new RuleWatch(rule, holds, circumstances);
  let watches = configs.map(watch);
  const listeners: ((event: Event, verdicts: readonly Verdict[]) => void)[] = [];
  const verdicts = (event: Event): readonly Verdict[] => watches.map((one) => one.verdict(event));
  return {
    decide: (event, nowMs) => {
      if (event.type === 'end') live.delete(event.id);
      else live.set(event.id, event);
      const actions = watches.flatMap((one) => one.see(event, { live, nowMs }));
      if (event.type === 'end') {
        for (const listener of listeners) listener(event, verdicts(event));
        for (const one of watches) one.forget(event.id);
      }
      return actions;
    },
    verdicts,
    onEnd: (listener) => listeners.push(listener),
    review: (nowMs) => watches.flatMap((one) => one.review({ live, nowMs })),
    letGo: (output) => holds.letGo(output),
    replace: (rules) => {
      const before = new Map(watches.map((one) => [JSON.stringify(one.rule), one]));
      const next = rules.map((rule) => before.get(JSON.stringify(rule)) ?? watch(rule));
      const ended = watches.filter((one) => !next.includes(one));
      watches = next;
      return ended.flatMap((one) => one.end('the rules were changed'));
    },
  };
}
