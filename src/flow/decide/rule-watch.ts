/** One rule and what it remembers: since when something fits, what it fired for, when it may fire again. */
import type { OutputRuleAction, RuleAction, RuleConfig } from '../../config/rules-section.ts';
import type { Event } from '../track/event.ts';
import { type Action, isOutputAction, type OutputAction } from './action.ts';
import {
  armedCondition,
  cooldownCondition,
  countCondition,
  type RuleCircumstances,
  scheduleCondition,
} from './circumstances.ts';
import { actionsOf, concernConditions, concerns, eventConditions } from './conditions.ts';
import type { Holder, Holds } from './holds.ts';
import { areTrue, type Condition, moreTelling, type Verdict } from './verdict.ts';

/** An event, and what of the rule's conditions it meets by itself. */
interface Look {
  readonly event: Event;
  readonly conditions: readonly Condition[];
}

/** How long a pulse lasts when the rule doesn't say. */
const defaultPulseMs = 1000;

/** What is in view when a rule is asked. */
export interface View {
  /** Every event that has begun and not ended, by id, oldest first. */
  readonly live: ReadonlyMap<string, Event>;
  /** Monotonic, ms. */
  readonly nowMs: number;
}

/**
 * A rule fires for a subject: an event, or, where it counts, all that fit on one camera. It is engaged from then until
 * the subject fits no more.
 */
export class RuleWatch {
  readonly rule: RuleConfig;
  readonly #actions: readonly RuleAction[];
  readonly #holds: Holds;
  readonly #circumstances: RuleCircumstances;
  /** Since when each event fits, monotonic ms. */
  readonly #fitsSince = new Map<string, number>();
  readonly #engaged = new Set<string>();
  /** Subjects whose passing actions (pulse, message, snapshot) were done: not again when it comes back into the zone. */
  readonly #done = new Set<string>();
  #lastFiredMs = Number.NEGATIVE_INFINITY;
  /** By event: the most telling verdict so far. */
  readonly #verdicts = new Map<string, Verdict>();

  constructor(rule: RuleConfig, holds: Holds, circumstances: RuleCircumstances) {
    this.rule = rule;
    this.#actions = actionsOf(rule);
    this.#holds = holds;
    this.#circumstances = circumstances;
  }

  /** Looks at one event that is new, has changed or has ended. */
  see(event: Event, view: View): Action[] {
    if (!concerns(this.rule, event)) return [];
    const subject = this.#subjectOf(event);
    if (event.type !== 'end') return this.#consider(subject, view);
    this.#fitsSince.delete(event.id);
    const actions = this.#consider(subject, view, event);
    this.#done.delete(event.id);
    return actions;
  }

  /** What this rule made of an event so far. */
  verdict(event: Event): Verdict {
    return this.#verdicts.get(event.id) ?? this.#judged(concernConditions(this.rule, event));
  }

  /** The event is over, and nobody asks for its verdict any more. */
  forget(id: string): void {
    this.#verdicts.delete(id);
  }

  /** Looks at everything again: time has passed, or a control was switched. */
  review(view: View): Action[] {
    const subjects = [...view.live.values()].filter((event) => concerns(this.rule, event)).map(this.#subjectOf);
    return [...new Set([...this.#engaged, ...subjects])].flatMap((subject) => this.#consider(subject, view));
  }

  /** The rule is no more: what it holds on goes off. */
  end(reason: string): OutputAction[] {
    this.#engaged.clear();
    this.#done.clear();
    return this.#holds.removeAll(this.rule.name, `rule ${this.rule.name}: ${reason}`);
  }

  get #counts(): boolean {
    return this.rule.count > 1;
  }

  readonly #subjectOf = (event: Event): string => (this.#counts ? event.camera : event.id);

  #consider(subject: string, view: View, ended?: Event): Action[] {
    const { isArmed, wallMs, timeZone } = this.#circumstances;
    const armed = armedCondition(this.rule, isArmed);
    const looks = this.#lookAt(subject, view);
    const ripe = looks.filter(({ conditions }) => areTrue(conditions));
    const event = ripe.length >= this.rule.count ? ripe.at(-1)?.event : undefined;
    if (!areTrue(armed)) {
      this.#note(looks, [...countCondition(this.rule, ripe.length), ...armed]);
      return this.end(`${this.rule.armedBy} is not armed`);
    }
    if (event === undefined) {
      this.#note(looks, [...countCondition(this.rule, ripe.length), ...armed]);
      return this.#disengage(subject, ended ?? view.live.get(subject));
    }
    if (this.#engaged.has(subject)) return [];
    const schedule = scheduleCondition(this.rule, wallMs(), timeZone);
    const cooldown = cooldownCondition(this.rule, view.nowMs - this.#lastFiredMs);
    const common = [...countCondition(this.rule, ripe.length), ...armed, ...schedule, ...cooldown];
    if (!areTrue(schedule)) {
      this.#note(looks, common);
      return [];
    }
    if (areTrue(cooldown)) {
      const actions = this.#fire(subject, event, view.nowMs);
      this.#note(looks, common, actions);
      return actions;
    }
    this.#note(looks, common);
    this.#joinHolds(subject, event);
    return [];
  }

  /** What the events of a subject are now: the one, or, where the rule counts, all of its camera. */
  #lookAt(subject: string, { live, nowMs }: View): readonly Look[] {
    const one = live.get(subject);
    const events = this.#counts
      ? [...live.values()].filter((event) => event.camera === subject && concerns(this.rule, event))
      : one === undefined
        ? []
        : [one];
    return events.map((event) => ({ event, conditions: this.#fit(event, nowMs) }));
  }

  /** Whether an event is what the rule waits for, and for how long it has been. */
  #fit(event: Event, nowMs: number): readonly Condition[] {
    const { zone, attribute, dwellMs } = this.rule;
    const conditions = [...concernConditions(this.rule, event), ...eventConditions(this.rule, event)];
    if (!areTrue(conditions)) {
      this.#fitsSince.delete(event.id);
      return dwellMs === 0 ? conditions : [...conditions, { name: 'dwell', holds: false, wanted: dwellMs, seen: 0 }];
    }
    // In view counts from the first frame; in a zone, or with an attribute, from when that was told.
    const sinceMs =
      this.#fitsSince.get(event.id) ?? (zone === undefined && attribute === undefined ? event.startMonotonicMs : nowMs);
    this.#fitsSince.set(event.id, sinceMs);
    if (dwellMs === 0) return conditions;
    const seen = Math.round(nowMs - sinceMs);
    return [...conditions, { name: 'dwell', holds: nowMs - sinceMs >= dwellMs, wanted: dwellMs, seen }];
  }

  #note(looks: readonly Look[], common: readonly Condition[], actions?: readonly Action[]): void {
    for (const { event, conditions } of looks) {
      const verdict = this.#judged([...conditions, ...common], actions);
      this.#verdicts.set(event.id, moreTelling(this.#verdicts.get(event.id), verdict));
    }
  }

  #judged(conditions: readonly Condition[], actions?: readonly Action[]): Verdict {
    const { name } = this.rule;
    const done = actions?.map(actionText) ?? [];
    return { rule: name, fired: actions !== undefined, atMs: this.#circumstances.wallMs(), conditions, actions: done };
  }

  #fire(subject: string, event: Event, nowMs: number): Action[] {
    this.#engaged.add(subject);
    const due = this.#actions.filter((action) => isHolding(action) || !this.#done.has(subject));
    if (due.length === 0) return [];
    this.#done.add(subject);
    this.#lastFiredMs = nowMs;
    return due.map((wanted) => {
      const action = actionOf(this.rule, wanted, event);
      if (isHolding(wanted)) this.#holds.add(this.#holder(wanted, subject), action as OutputAction);
      else if (action.kind === 'off') this.#holds.letGo(action.output);
      return action;
    });
  }

  /** Within the cooldown nothing fires, but what the rule already holds on stays on for this subject too. */
  #joinHolds(subject: string, event: Event): void {
    for (const wanted of this.#actions.filter(isHolding)) {
      if (!wanted.offWhenGone || !this.#holds.isHeldBy(wanted.output, this.rule.name)) continue;
      this.#holds.add(this.#holder(wanted, subject), actionOf(this.rule, wanted, event) as OutputAction);
    }
  }

  #disengage(subject: string, event: Event | undefined): Action[] {
    this.#engaged.delete(subject);
    if (this.#counts) this.#done.delete(subject);
    const reason = `rule ${this.rule.name}: ${this.#whyOver(subject, event)}`;
    return this.#actions
      .filter(isHolding)
      .filter(({ offWhenGone }) => offWhenGone)
      .flatMap((wanted) => this.#holds.remove(wanted.output, this.#holder(wanted, subject), reason) ?? []);
  }

  #whyOver(subject: string, event: Event | undefined): string {
    const { count, zone } = this.rule;
    if (this.#counts || event === undefined) return `fewer than ${count} on ${subject}`;
    const who = `${event.label} on ${event.camera}`;
    if (event.type === 'end') return `${who} has ended (${event.reason ?? 'gone'})`;
    return zone === undefined ? `${who} fits no more` : `${who} is not in ${zone} any more`;
  }

  /** An on that outlasts its event is held by the rule itself. */
  #holder({ offWhenGone }: OutputRuleAction, subject: string): Holder {
    return { rule: this.rule.name, subject: offWhenGone ? subject : undefined };
  }
}

function isHolding(action: RuleAction): action is OutputRuleAction {
  return action.type === 'output' && (action.action === 'on' || action.action === 'blink');
}

function actionOf(rule: RuleConfig, wanted: RuleAction, event: Event): Action {
  const reason = `rule ${rule.name}: ${event.label} ${event.score.toFixed(2)} on ${event.camera}`;
  if (wanted.type === 'message') {
    return { kind: 'message', name: wanted.name ?? rule.name, rule: rule.name, event, reason };
  }
  if (wanted.type === 'snapshot') return { kind: 'snapshot', rule: rule.name, event, reason };
  if (wanted.type === 'notify')
    return { kind: 'notify', to: wanted.to, text: wanted.text, rule: rule.name, event, reason };
  const { output, durationMs, periodMs } = wanted;
  switch (wanted.action) {
    case 'on':
    case 'off':
      return { kind: wanted.action, output, reason };
    case 'pulse':
      return { kind: 'pulse', output, reason, durationMs: durationMs ?? defaultPulseMs };
    case 'blink':
      return { kind: 'blink', output, reason, periodMs, ...(durationMs === undefined ? {} : { durationMs }) };
  }
}

/** `led on`, `message intruder`, `snapshot`, `notify phone`. */
function actionText(action: Action): string {
  if (isOutputAction(action)) return `${action.output} ${action.kind}`;
  if (action.kind === 'message') return `message ${action.name}`;
  return action.kind === 'notify' ? `notify ${action.to}` : 'snapshot';
}
