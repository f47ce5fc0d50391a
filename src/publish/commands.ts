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
const longestPayload = 65_536;
const mostPerSecond = 20;

const transaction = z.union([z.string().max(256), z.number()]).optional();
const requestSchema = z.looseObject({ transaction });
const onOff = z.enum(['ON', 'OFF']);
const setSchema = z.union([onOff, z.object({ state: onOff, transaction }).transform(({ state }) => state)]);

interface Command {
  readonly schema: z.ZodType;
  run(request: unknown): object;
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
  const commands: Record<string, Command> = {
    ping: { schema: requestSchema, run: () => ({ pong: true }) },
    info: { schema: requestSchema, run: () => handlers.info() },
  };
  const admit = createLimiter(mostPerSecond, now);

  const answer = (command: string, outcome: object, payload: unknown): void => {
    const asked = requestSchema.safeParse(payload);
    const told = asked.success && asked.data.transaction !== undefined ? { transaction: asked.data.transaction } : {};
    const text = JSON.stringify({ ...outcome, ...told });
    respond({ topic: topics.response(command), payload: text, qos: 1, retain: false });
  };
  const refuse = (command: string, reason: string, payload?: unknown): void => {
    logger.warn(`command ${command} refused: ${reason}`);
    answer(command, { status: 'error', data: {}, error: reason }, payload);
  };
  const attempt = (command: string, payload: unknown, work: () => object): void => {
    try {
      answer(command, { status: 'ok', data: work() }, payload);
    } catch (error) {
      if (!isExpected(error)) throw error;
      refuse(command, sentence(error), payload);
    }
  };

  return {
    take: (topic, bytes, retained) => {
      const [kind, ...path] = topic.slice(topics.base.length + 1).split('/');
      const name = path[0] ?? '';
      const command = kind === 'output' ? 'output' : name;
      if (retained) {
        // A retained command would be carried out again at every reconnect.
        logger.warn(`a retained message on ${topic} is ignored: commands must not be retained`);
        return;
      }
      const verdict = admit();
      if (verdict === 'told') return;
      if (verdict === 'over') return refuse(command, `more than ${mostPerSecond} commands a second`);
      if (bytes.byteLength > longestPayload) {
        return refuse(command, `the payload has ${bytes.byteLength} bytes, at most ${longestPayload} are taken`);
      }
      const payload = parse(bytes);
      if (payload === malformed) return refuse(command, 'the payload is not JSON; example: {"transaction":"abc"}');
      if (kind === 'output') {
        const wanted = setSchema.safeParse(payload);
        if (!wanted.success) return refuse(command, `output/${name}/set takes ON, OFF or {"state":"ON"}`, payload);
        return attempt(command, payload, () => {
          handlers.setOutput(name, wanted.data === 'ON');
          return { output: name, state: wanted.data };
        });
      }
      const known = Object.hasOwn(commands, name) ? commands[name] : undefined;
      if (!known) {
        return refuse(
          'unknown',
          `there is no command ${name.slice(0, 64)}; known: ${Object.keys(commands).join(', ')}`,
          payload,
        );
      }
      if (!known.schema.safeParse(payload).success) {
        return refuse(command, 'the payload must be an object such as {"transaction":"abc"}', payload);
      }
      attempt(command, payload, () => known.run(payload));
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

/** At most `most` a second; the first one over is told, the rest of that second is dropped. */
function createLimiter(most: number, now: () => number): () => 'admitted' | 'over' | 'told' {
  let windowMs = Number.NEGATIVE_INFINITY;
  let count = 0;
  return () => {
    if (now() - windowMs >= 1000) {
      windowMs = now();
      count = 0;
    }
    count += 1;
    return count <= most ? 'admitted' : count === most + 1 ? 'over' : 'told';
  };
}
