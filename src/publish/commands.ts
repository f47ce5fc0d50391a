/** Commands that come in over MQTT: a table of names, payload schemas and handlers; whatever else comes is refused with the reason. */
import { z } from 'zod';
import { isExpected, sentence } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { Message } from './message.ts';
import type { Topics } from './topics.ts';

export interface CommandHandlers {
  /** Answer of request/info. */
  info(): object;
  /** Switches an output by hand. @throws InputError for an unknown name */
  setOutput(name: string, on: boolean): void;
}

/** A longer payload is no command. */
const longestPayloadBytes = 65_536;
const mostPerSecond = 20;

const transaction = z.union([z.string().max(256), z.number()]).optional();
const transactional = z.looseObject({ transaction });
const onOff = z.enum(['ON', 'OFF']);

/** One command: what it takes and what it does. */
interface Command {
  readonly schema: z.ZodType;
  /** Ends the sentence "the payload must be". */
  readonly expected: string;
  /** The data of the answer. @throws GobyError, whose sentence is the answer */
  run(payload: unknown): object;
}

function command<Schema extends z.ZodType>(
  schema: Schema,
  expected: string,
  run: (payload: z.output<Schema>) => object,
): Command {
  return { schema, expected, run: (payload) => run(payload as z.output<Schema>) };
}

/** request/<name> -> response/<name>. */
function requestTable({ info }: CommandHandlers): Readonly<Record<string, Command>> {
  const bare = 'an object such as {"transaction":"abc"}, or nothing';
  return {
    ping: command(transactional, bare, () => ({ pong: true })),
    info: command(transactional, bare, info),
  };
}

/** output/<name>/set -> response/output, and output/<name>/state when it changed. */
function setCommand(name: string, { setOutput }: CommandHandlers): Command {
  const schema = z.union([onOff, z.looseObject({ state: onOff, transaction }).transform(({ state }) => state)]);
  return command(schema, 'ON, OFF or {"state":"ON"}', (state) => {
    setOutput(name, state === 'ON');
    return { output: name, state };
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
  const admit = createLimiter(mostPerSecond, now);

  /** Whom to answer as, and the command, if there is one of that name. */
  const find = (topic: string): { answerAs: string; found: Command | undefined; name: string } => {
    const [kind, name = ''] = topic.slice(topics.base.length + 1).split('/');
    if (kind === 'output') return { answerAs: 'output', found: setCommand(name, handlers), name };
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
    try {
      answer(answerAs, { status: 'ok', data: found.run(request.data) }, payload);
    } catch (error) {
      if (!isExpected(error)) throw error;
      refuse(answerAs, sentence(error), payload);
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

/** At most `most` a second; the first one over is told, the rest of that second is dropped. */
function createLimiter(most: number, now: () => number): () => 'admitted' | 'over' | 'over, told' {
  let windowMs = Number.NEGATIVE_INFINITY;
  let count = 0;
  return () => {
    if (now() - windowMs >= 1000) {
      windowMs = now();
      count = 0;
    }
    count += 1;
    if (count <= most) return 'admitted';
    return count === most + 1 ? 'over' : 'over, told';
  };
}
