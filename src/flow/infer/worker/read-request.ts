/**
 * What the agent asks of a worker, checked by hand: a schema library takes ten megabytes of each process that loads it, and a worker
 * would hold it for these four messages alone.
 */
import { longestPayload, type Request, slots } from '../protocol.ts';

type Fields = Readonly<Record<string, unknown>>;

/** @throws RangeError when it is no request of goby's, naming the field: agent and worker are of two versions, or the pipe is broken */
export function readRequest(header: unknown): Request {
  const fields = fieldsOf(header, 'request');
  const id = whole(fields, 'id', Number.MAX_SAFE_INTEGER);
  const { kind } = fields;
  if (kind === 'ping') return { kind, id };
  const model = text(fields, 'model');
  if (kind === 'unload') return { kind, id, model };
  if (kind === 'load') {
    const [path, sha256] = [text(fields, 'path'), text(fields, 'sha256')];
    return { kind, id, model, path, sha256, feedback: feedbackOf(fields['feedback']) };
  }
  if (kind !== 'infer') throw wrong('kind', kind);
  const [bytes, slot] = [whole(fields, 'bytes', longestPayload), whole(fields, 'slot', slots - 1)];
  const { inPayload = false } = fields;
  if (typeof inPayload !== 'boolean') throw wrong('inPayload', inPayload);
  return { kind, id, model, bytes, slot, inPayload };
}

function feedbackOf(given: unknown): Extract<Request, { kind: 'load' }>['feedback'] {
  if (!Array.isArray(given)) throw wrong('feedback', given);
  return given.map((one: unknown) => {
    const fields = fieldsOf(one, 'feedback');
    return {
      output: whole(fields, 'output', Number.MAX_SAFE_INTEGER),
      input: whole(fields, 'input', Number.MAX_SAFE_INTEGER),
    };
  });
}

function fieldsOf(given: unknown, name: string): Fields {
  if (typeof given !== 'object' || given === null) throw wrong(name, given);
  return given as Fields;
}

function text(fields: Fields, name: string): string {
  const given = fields[name];
  if (typeof given !== 'string') throw wrong(name, given);
  return given;
}

/** A whole number from 0 on. */
function whole(fields: Fields, name: string, most: number): number {
  const given = fields[name];
  if (typeof given !== 'number' || !Number.isSafeInteger(given) || given < 0 || given > most) throw wrong(name, given);
  return given;
}

function wrong(name: string, given: unknown): RangeError {
  return new RangeError(`the agent asks what no worker knows: ${name} is ${JSON.stringify(given)?.slice(0, 80)}`);
}
