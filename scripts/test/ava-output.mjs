/** Reads what ava prints: counts of tests, and the lines a person wants to see. */
import { stripVTControlCharacters } from 'node:util';

/**
 * Takes lines of ava's default reporter one by one. Passed tests are kept quiet, unless they logged something.
 * @param {(line: string) => void} show
 */
export function avaOutput(show) {
  let passed = 0;
  let failed = 0;
  let skipped = 0;
  let lastPassed;
  /** @type {string[]} */
  const failures = [];
  return {
    /** @param {string} coloured */
    take(coloured) {
      const line = stripVTControlCharacters(coloured);
      // Counted here for all files together; a run of one file each would say it sixty times.
      if (/^ {2}(─|\d+ tests? passed)$/.test(line)) return;
      if (/^ {2}✔ /.test(line)) {
        passed++;
        lastPassed = line;
        return;
      }
      if (/^ {4}ℹ /.test(line) && lastPassed !== undefined) show(lastPassed);
      if (/^ {2}✘ /.test(line)) {
        failed++;
        failures.push(line.trim());
      }
      if (/^ {2}- \[skip\] /.test(line)) skipped++;
      lastPassed = undefined;
      show(line);
    },
    /** What failed so far, a line each. */
    failures: () => failures,
    /**
     * Counts so far. A run that ended badly without a failed test (no tests found, a bad option) counts as one failure.
     * @param {number} exitCode of ava
     */
    counts(exitCode) {
      return { passed, failed: exitCode !== 0 && failed === 0 ? 1 : failed, skipped };
    },
  };
}

/** The closing line, in the form that CI reads. */
export function closingLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}
