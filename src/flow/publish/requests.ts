/** Commands that come in over MQTT: a table of names, payload schemas and handlers; whatever else comes is refused with the reason. */
import { z } from 'zod';
import { isExpected, sentence } from '../../errors.ts';
import type { Logger } from '../../logger.ts';
import type { ControlValue } from '../control/control.ts';
import type { Message } from './message.ts';
import { bareCommand, type Command, command, transaction } from './request.ts';
import type { Topics } from './topics.ts';

export interface CommandHandlers {
  /** Answer of request/info. */
  info(): object;
  /** Switches an output by hand. @throws InputError for an unknown name */
  setOutput(name: string, on: boolean): void;
  /** Sets a control. @throws InputError for an unknown name, or a value it can't take */
  setControl(name: string, value: ControlValue): void;
  /** What else can be asked for: request/<name> -> response/<name>. */
  readonly requests?: Readonly<Record<string, Command>>;
}

/** A longer payload is no command. */
const longestPayloadBytes = 65_536;
const mostPerSecond = 20;

const transactional = z.looseObject({ transaction });
const onOff = z.enum(['ON', 'OFF']);

/** request/<name> -> response/<name>. */
function requestTable({ info, requests }: CommandHandlers): Readonly<Record<string, Command>> {
  return { ping: bareCommand(() => ({ pong: true })), info: bareCommand(info), ...requests };
}

/** output/<name>/set -> response/output, and output/<name>/state when it changed. */
function outputCommand(name: string, { setOutput }: CommandHandlers): Command {
  const schema = z.union([onOff, z.looseObject({ state: onOff, transaction }).transform(({ state }) => state)]);
  return command(schema, 'ON, OFF or {"state":"ON"}', (state) => {
    setOutput(name, state === 'ON');
    return { output: name, state };
  });
}

/** control/<name>/set -> response/control, and control/<name>/state when it changed. */
function controlCommand(name: string, { setControl }: CommandHandlers): Command {
  const state = z.union([onOff, z.number()]);
  const schema = z.union([state, z.looseObject({ state, transaction }).transform((payload) => payload.state)]);
  return command(schema, 'ON, OFF, a number, or {"state":"ON"}', (value) => {
    setControl(name, typeof value === 'number' ? value : value === 'ON');
    return { control: name, state: value };
  });
}

export interface CommandTableOptions {
  readonly topics: Topics;
  readonly handlers: CommandHandlers;
  readonly logger: Logger;
  respond(message: Message): void;
  readonly now?: () => number;
}

export interface CommandTable {
  /** Takes one incoming message; never throws for what it contains. */
  take(topic: string, payload: Uint8Array, retained: boolean): void;
}

export function createCommandTable(options: CommandTableOptions): CommandTable {
  const { topics, handlers, logger, respond, now = () => performance.now() } = options;
  const requests = requestTable(handlers);
  const admit = createLimiter(mostPerSecond, 1000, now);
  const admitOf = new Map(
    Object.entries(requests).map(([name, { mostPerMinute }]) => [
      name,
      mostPerMinute === undefined ? undefined : createLimiter(mostPerMinute, 60_000, now),
    ]),
  );

  /** Whom to answer as, and the command, if there is one of that name. */
  const find = (topic: string): { answerAs: string; found: Command | undefined; name: string } => {
    const [kind, name = ''] = topic.slice(topics.base.length + 1).split('/');
    if (kind === 'output') return { answerAs: 'output', found: outputCommand(name, handlers), name };
    if (kind === 'control') return { answerAs: 'control', found: controlCommand(name, handlers), name };
    const found = Object.hasOwn(requests, name) ? requests[name] : undefined;
    return { answerAs: found ? name : 'unknown', found, name };
  };
  const answer = (answerAs: string, outcome: object, payload: unknown): void => {
    const asked = transactional.safeParse(payload);
    const told = asked.success && asked.data.transaction !== undefined ? { transaction: asked.data.transaction } : {};
    const text = JSON.stringify({ ...outcome, ...told });
    respond({ topic: topics.response(answerAs), payload: text, qos: 1, retain: false });
  };
  const refuse = (answerAs: string, reason: string, payload?: unknown): void => {
    logger.warn(`command ${answerAs} refused: ${printable(reason)}`);
    answer(answerAs, { status: 'error', data: {}, error: reason }, payload);
  };
  const carryOut = (answerAs: string, found: Command, payload: unknown): void => {
    const request = found.schema.safeParse(payload);
    if (!request.success) {
      refuse(answerAs, `the payload must be ${found.expected}`, payload);
      return;
    }
    const failed = (error: unknown): void => {
      if (!isExpected(error)) throw error;
      refuse(answerAs, sentence(error), payload);
    };
    const done = (data: object): void => answer(answerAs, { status: 'ok', data }, payload);
    try {
      const data = found.run(request.data);
      if (data instanceof Promise) data.then(done, failed);
      else done(data);
    } catch (error) {
      failed(error);
    }
  };

  return {
    take: (topic, bytes, retained) => {
      if (retained) {
        // A retained command would be carried out again at every reconnect.
        logger.warn(`a retained message on ${printable(topic)} is ignored: commands must not be retained`);
        return;
      }
      const { answerAs, found, name } = find(topic);
      const verdict = admit();
      if (verdict === 'over, told') return;
      if (verdict === 'over') return refuse(answerAs, `more than ${mostPerSecond} commands a second`);
      if (bytes.byteLength > longestPayloadBytes) {
        return refuse(answerAs, `the payload has ${bytes.byteLength} bytes, at most ${longestPayloadBytes} are taken`);
      }
      const payload = parse(bytes);
      if (!found) {
        const known = Object.keys(requests).join(', ');
        return refuse(answerAs, `there is no command ${name.slice(0, 64)}; known: ${known}`, payload);
      }
      // Every one over this limit is told: it is long, and silence for a minute would look like a fault.
      if (admitOf.get(name)?.().startsWith('over') && answerAs === name) {
        return refuse(answerAs, `more than ${found.mostPerMinute} of these a minute`, payload);
      }
      if (payload === malformed) return refuse(answerAs, `the payload is not JSON; it must be ${found.expected}`);
      carryOut(answerAs, found, payload);
    },
  };
}

const malformed = Symbol('malformed');

/** Nothing counts as an empty object; bare ON and OFF as themselves; everything else is JSON. */
function parse(bytes: Uint8Array): unknown {
  const text = Buffer.from(bytes).toString('utf8').trim();
  if (text === '') return {};
  if (text === 'ON' || text === 'OFF') return text;
  try {
    return JSON.parse(text);
  } catch {
    return malformed;
  }
}

/** What strangers sent, without what a terminal would obey. */
function printable(text: string): string {
  return text.replaceAll(/\p{C}/gu, '?');
}

/** At most `most` in a period; the first one over is told, the rest of that period is dropped. */
function createLimiter(most: number, periodMs: number, now: () => number): () => 'admitted' | 'over' | 'over, told' {
  let windowMs = Number.NEGATIVE_INFINITY;
  let count = 0;
  return () => {
    if (now() - windowMs >= periodMs) {
      windowMs = now();
      count = 0;
    }
    count += 1;
    if (count <= most) return 'admitted';
    return count === most + 1 ? 'over' : 'over, told';
  };
}
