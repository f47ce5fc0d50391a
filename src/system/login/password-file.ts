/** The file with the hashes of the passwords that open the page: read by the page, written by `goby web password` and by goby.txt. */
import { z } from 'zod';

export const roles = ['administrator', 'viewer'] as const;
export type Role = (typeof roles)[number];

const schema = z.strictObject({
  administrator: z.string().max(300).optional(),
  viewer: z.string().max(300).optional(),
});
export type Hashes = z.output<typeof schema>;

/** Who may read and write it. */
export const passwordFileMode = 0o600;

/** @throws Error when it is none */
export function parsePasswordFile(text: string): Hashes {
  return schema.parse(JSON.parse(text));
}

export function passwordFileText(hashes: Hashes): string {
  return `${JSON.stringify(hashes)}\n`;
}
