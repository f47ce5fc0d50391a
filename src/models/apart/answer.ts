/** What the reader of strangers' model files is asked, and what it answers. */
import { z } from 'zod';
import type { ResolveRequest } from '../resolve.ts';

export type ApartRequest = Omit<ResolveRequest, 'catalog'>;

/** The model has the shape that resolveModel gives: both ends are goby, and no string of the file stands for anything else. */
export const apartAnswerSchema = z.union([
  z.strictObject({ model: z.looseObject({ name: z.string(), pair: z.looseObject({}) }) }),
  /** `code`: of the error, see errors.ts. */
  z.strictObject({ message: z.string(), code: z.int() }),
]);
export type ApartAnswer = z.output<typeof apartAnswerSchema>;
