/** A request that comes in over MQTT: what its payload must be, and what it does. */
import { z } from 'zod';
import type { Message } from './message.ts';

/** The sender's own word for one request; it comes back in the answer. */
export const transaction = z.union([z.string().max(256), z.number()]).optional();

/** Ends the sentence "the payload must be" for a request that needs nothing. */
export const bare = 'an object such as {"transaction":"abc"}, or nothing';

export interface RequestHandler {
  readonly schema: z.ZodType;
  /** Ends the sentence "the payload must be". */
  readonly expected: string;
  /** The data of the answer. @throws GobyError, whose sentence is the answer */
  run(payload: unknown): object | Promise<object>;
  /** For what costs more than an answer; absent: only the limit of all requests together. */
  readonly mostPerMinute?: number;
  /** Only the page may ask, whose administrator has logged in; absent: MQTT may too. */
  readonly onlyFrom?: 'page';
}

/** Who asks: somebody over MQTT, whose answer goes out on response/..., or an open page, which alone gets the answer. */
export type Asker = 'MQTT' | { readonly answer: (message: Message) => void };

/** Ties the schema of a payload to what is done with it. */
export function request<Schema extends z.ZodType>(
  schema: Schema,
  expected: string,
  run: (payload: z.output<Schema>) => object | Promise<object>,
  limit: Pick<RequestHandler, 'mostPerMinute' | 'onlyFrom'> = {},
): RequestHandler {
  return { schema, expected, run: (payload) => run(payload as z.output<Schema>), ...limit };
}

/** A request that needs no payload. */
export function bareRequest(run: () => object | Promise<object>): RequestHandler {
  return request(z.looseObject({ transaction }), bare, run);
}
