/** Requests that come in over MQTT: a table of names, payload schemas and handlers; whatever else comes is refused with the reason. */
import { z } from 'zod';
import { isExpected, sentence } from '../../errors.ts';
import type { Logger } from '../../logger.ts';
import { maskAddress, maskAddresses } from '../../text/addresses.ts';
import { type BoundedJson, parseBoundedJson } from '../../text/bounded-json.ts';
import type { ControlValue } from '../control/control.ts';
import type { Message } from './message.ts';
import { type Asker, bareRequest, type RequestHandler, request, transaction } from './request.ts';
import type { Topics } from './topics.ts';

export interface RequestPorts {
  /** Answer of request/info. */
  info(): object;
  /** Switches an output by hand. @throws InputError for an unknown name */
  setOutput(name: string, on: boolean): void;
  /** Sets a control. @throws InputError for an unknown name, or a value it can't take */
  setControl(name: string, value: ControlValue): void;
  /** What else can be asked for: request/<name> -> response/<name>. */
  readonly requests?: Readonly<Record<string, RequestHandler>>;
}

const mostPerSecond = 20;
/** Retained messages that are told of: a broker may hold thousands of them, and hands them out at every connect. */
const mostRetainedPerMinute = 10;
/** What a stranger wrote takes no more of the log, or of an answer, than this. */
const longestShown = 500;
/** ON, OFF or nothing, with space around it. */
const longestBare = 64;

const transactional = z.looseObject({ transaction });
const onOff = z.enum(['ON', 'OFF']);

/** request/<name> -> response/<name>. */
function namedRequests({ info, requests }: RequestPorts): Readonly<Record<string, RequestHandler>> {
  return { ping: bareRequest(() => ({ pong: true })), info: bareRequest(info), ...requests };
}

/** output/<name>/set -> response/output, and output/<name>/state when it changed. */
function outputRequest(name: string, { setOutput }: RequestPorts): RequestHandler {
  const schema = z.union([onOff, z.looseObject({ state: onOff, transaction }).transform(({ state }) => state)]);
  return request(schema, 'ON, OFF or {"state":"ON"}', (state) => {
    setOutput(name, state === 'ON');
    return { output: name, state };
  });
}

/** control/<name>/set -> response/control, and control/<name>/state when it changed. */
function controlRequest(name: string, { setControl }: RequestPorts): RequestHandler {
  const state = z.union([onOff, z.number()]);
  const schema = z.union([state, z.looseObject({ state, transaction }).transform((payload) => payload.state)]);
  return request(schema, 'ON, OFF, a number, or {"state":"ON"}', (value) => {
    setControl(name, typeof value === 'number' ? value : value === 'ON');
    return { control: name, state: value };
  });
}

export interface RequestTableOptions {
  readonly topics: Topics;
  readonly handlers: RequestPorts;
  readonly logger: Logger;
  /** Sends the answer to somebody who asked over MQTT. */
  respond(message: Message): void;
  readonly now?: () => number;
}

export interface RequestTable {
  /** Takes one incoming message; never throws for what it contains. */
  take(topic: string, payload: Uint8Array, retained: boolean, asker?: Asker): void;
}

export function createRequestTable(options: RequestTableOptions): RequestTable {
  const { topics, handlers, logger, respond, now = () => performance.now() } = options;
  const requests = namedRequests(handlers);
  const admit = createLimiter(mostPerSecond, 1000, now);
  const admitRetained = createLimiter(mostRetainedPerMinute, 60_000, now);
  const admitOf = new Map(
    Object.entries(requests).map(([name, { mostPerMinute }]) => [
      name,
      mostPerMinute === undefined ? undefined : createLimiter(mostPerMinute, 60_000, now),
    ]),
  );

  /** Whom to answer as, and the request, if there is one of that name. */
  const find = (topic: string): { answerAs: string; found: RequestHandler | undefined; name: string } => {
    const [kind, name = ''] = topic.slice(topics.base.length + 1).split('/');
    if (kind === 'output') return { answerAs: 'output', found: outputRequest(name, handlers), name };
    if (kind === 'control') return { answerAs: 'control', found: controlRequest(name, handlers), name };
    const found = Object.hasOwn(requests, name) ? requests[name] : undefined;
    return { answerAs: found ? name : 'unknown', found, name };
  };
  const answer = ({ answerAs, asker }: Answering, outcome: object, payload: unknown): void => {
    const asked = transactional.safeParse(payload);
    const told = asked.success && asked.data.transaction !== undefined ? { transaction: asked.data.transaction } : {};
    const text = maskAddresses(JSON.stringify({ ...outcome, ...told }));
    const message: Message = { topic: topics.response(answerAs), payload: text, qos: 1, retain: false };
    if (asker === 'MQTT') respond(message);
    else asker.answer(message);
  };
  const refuse = (answering: Answering, reason: string, payload?: unknown): void => {
    logger.warn(`request ${answering.answerAs} refused: ${printable(reason)}`);
    answer(answering, { status: 'error', data: {}, error: reason }, payload);
  };
  /** No error of a message leaves this table: it is answered as a refusal, or logged as a bug, and the agent goes on. */
  const fail = (answering: Answering, error: unknown, payload?: unknown): void => {
    if (isExpected(error)) {
      refuse(answering, sentence(error), payload);
      return;
    }
    const told = error instanceof Error ? error.stack : String(error);
    logger.error(`request ${answering.answerAs} met a bug of goby: ${told}`);
    answer(answering, { status: 'error', data: {}, error: 'a bug of goby; its log says which' }, payload);
  };
  const carryOut = (answering: Answering, found: RequestHandler, payload: unknown): void => {
    const failed = (error: unknown): void => fail(answering, error, payload);
    const done = (data: object): void => answer(answering, { status: 'ok', data }, payload);
    try {
      const request = found.schema.safeParse(payload);
      if (!request.success) {
        refuse(answering, `the payload must be ${found.expected}`, payload);
        return;
      }
      const data = found.run(request.data);
      if (data instanceof Promise) data.then(done).catch(failed);
      else done(data);
    } catch (error) {
      failed(error);
    }
  };

  /** Carries out what was asked for. @returns why not, with whom to answer as, where it is refused */
  const takeRequest = (topic: string, bytes: Uint8Array, asker: Asker): Refusal | undefined => {
    const { answerAs, found, name } = find(topic);
    const verdict = admit();
    if (verdict === 'over, told') return undefined;
    if (verdict === 'over') return { answerAs, reason: `more than ${mostPerSecond} requests a second` };
    const read = readPayload(bytes);
    const payload = 'value' in read ? read.value : undefined;
    if (!found) {
      const known = Object.keys(requests)
        .filter((one) => asker !== 'MQTT' || requests[one]?.onlyFrom === undefined)
        .join(', ');
      return { answerAs, reason: `there is no request ${maskAddress(name).slice(0, 64)}; known: ${known}`, payload };
    }
    if (found.onlyFrom === 'page' && asker === 'MQTT') {
      return { answerAs, reason: 'only the page can ask for this', payload };
    }
    // Every one over this limit is answered: a minute without an answer would look like a fault.
    if (admitOf.get(name)?.().startsWith('over') && answerAs === name) {
      return { answerAs, reason: `more than ${found.mostPerMinute} of these a minute`, payload };
    }
    if ('refused' in read) {
      const must = read.refused === 'is not JSON' ? `; it must be ${found.expected}` : '';
      return { answerAs, reason: `the payload ${read.refused}${must}` };
    }
    carryOut({ answerAs, asker }, found, payload);
    return undefined;
  };

  return {
    take: (topic, bytes, retained, asker = 'MQTT') => {
      try {
        // A retained request would be carried out again at every reconnect.
        if (retained) {
          if (admitRetained() === 'admitted')
            logger.warn(`a retained message on ${printable(topic)} is ignored: requests must not be retained`);
          return;
        }
        const refusal = takeRequest(topic, bytes, asker);
        if (refusal) refuse({ ...refusal, asker }, refusal.reason, refusal.payload);
      } catch (error) {
        fail({ answerAs: 'unknown', asker }, error);
      }
    },
  };
}

/** To whom an answer goes, and below which name. */
interface Answering {
  readonly answerAs: string;
  readonly asker: Asker;
}

interface Refusal {
  readonly answerAs: string;
  readonly reason: string;
  readonly payload?: unknown;
}

/** Nothing counts as an empty object; bare ON and OFF as themselves; everything else is JSON. */
function readPayload(bytes: Uint8Array): BoundedJson {
  if (bytes.byteLength <= longestBare) {
    const text = Buffer.from(bytes).toString('utf8').trim();
    if (text === '') return { value: {} };
    if (text === 'ON' || text === 'OFF') return { value: text };
  }
  return parseBoundedJson(bytes);
}

/** What strangers sent, short and without what a terminal would obey. */
function printable(text: string): string {
  return text.slice(0, longestShown).replaceAll(/\p{C}/gu, '?');
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
