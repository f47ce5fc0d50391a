/** A finding: what doctor says about one part, in one line. */

/** `ok`: usable; `warn`: works, but a person should know; `fail`: does not work as configured. */
export type FindingLevel = 'ok' | 'warn' | 'fail';

export interface Finding {
  /** Such as `camera front` or `broker`. */
  readonly part: string;
  readonly level: FindingLevel;
  readonly sentence: string;
  /** How to mend it. */
  readonly remedy?: string;
}

export const ok = (part: string, sentence: string, remedy?: string): Finding => finding('ok', part, sentence, remedy);
export const warn = (part: string, sentence: string, remedy?: string): Finding =>
  finding('warn', part, sentence, remedy);
export const fail = (part: string, sentence: string, remedy?: string): Finding =>
  finding('fail', part, sentence, remedy);

function finding(level: FindingLevel, part: string, sentence: string, remedy: string | undefined): Finding {
  return { part, level, sentence, ...(remedy === undefined ? {} : { remedy }) };
}

/** One line: level, part in a column, what was found and how to mend it. */
export function findingLine({ part, level, sentence, remedy }: Finding): string {
  const told = remedy === undefined ? sentence : `${sentence} ${remedy}`;
  return `${level.padEnd(4)}  ${part.padEnd(15)}  ${told.replaceAll(/\s*\n\s*/g, ' | ')}`;
}
