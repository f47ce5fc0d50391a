/** One rule and what it remembers: since when something fits, what it fired for, when it may fire again. */
import type { OutputRuleAction, RuleAction, RuleConfig } from '../../config/rules-section.ts';
import type { Event } from '../track/event.ts';
import type { Action, OutputAction } from './action.ts';
import { actionsOf, concerns, matches } from './conditions.ts';
import type { Holder, Holds } from './holds.ts';
import { isWithin } from './schedule.ts';

/** How long a pulse lasts when the rule doesn't say. */
const defaultPulseMs = 1000;

/** What a rule is judged by, beside the events. */
export interface RuleCircumstances {
  /** Is this arming control on? */
  isArmed(control: string): boolean;
  /** Wall clock for schedules, ms since 1970. */
  wallMs(): number;
  /** IANA name; absent: the machine's. */
  readonly timeZone?: string;
}

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
    const { armedBy, schedule, cooldownMs } = this.rule;
    const { isArmed, wallMs, timeZone } = this.#circumstances;
    const event = this.#eventOf(subject, view);
    if (armedBy !== undefined && !isArmed(armedBy)) return this.end(`${armedBy} is not armed`);
    if (event === undefined) return this.#disengage(subject, ended ?? view.live.get(subject));
    if (this.#engaged.has(subject) || !isWithin(schedule, wallMs(), timeZone)) return [];
    if (view.nowMs - this.#lastFiredMs >= cooldownMs) return this.#fire(subject, event, view.nowMs);
    this.#joinHolds(subject, event);
    return [];
  }

  /** The event that stands for a subject, if everything fits: itself, or the newest of the ones that are counted. */
  #eventOf(subject: string, { live, nowMs }: View): Event | undefined {
    if (!this.#counts) {
      const event = live.get(subject);
      return event !== undefined && this.#isRipe(event, nowMs) ? event : undefined;
    }
    const ripe = [...live.values()].filter((event) => event.camera === subject && this.#isRipe(event, nowMs));
    return ripe.length >= this.rule.count ? ripe.at(-1) : undefined;
  }

  #isRipe(event: Event, nowMs: number): boolean {
    if (!matches(this.rule, event)) {
      this.#fitsSince.delete(event.id);
      return false;
    }
    // In view counts from the first frame; in a zone, or with an attribute, from when that was told.
    const { zone, attribute, dwellMs } = this.rule;
    const sinceMs =
      this.#fitsSince.get(event.id) ?? (zone === undefined && attribute === undefined ? event.startMonotonicMs : nowMs);
    this.#fitsSince.set(event.id, sinceMs);
    return nowMs - sinceMs >= dwellMs;
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
