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

/** One line for each finding, parts in a column of their own. */
export function findingsText(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ part }) => part.length));
  return findings
    .map(({ part, level, sentence, remedy }) => {
      const told = remedy === undefined ? sentence : `${sentence} ${remedy}`;
      return `${level.padEnd(4)}  ${part.padEnd(width)}  ${told.replaceAll(/\s*\n\s*/g, ' | ')}`;
    })
    .join('\n');
}
