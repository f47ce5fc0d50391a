/** The slowest test files of a run. */

/**
 * @param {string} text lines of milliseconds, tab, file, as time-file.mjs writes them
 * @param {number} count how many are told
 * @returns {string[]} a line each, the slowest first
 */
export function slowestFiles(text, count = 10) {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t'))
    .map(([ms, file]) => ({ seconds: Number(ms) / 1000, file }))
    .sort((a, b) => b.seconds - a.seconds)
    .slice(0, count)
    .map(({ seconds, file }) => `  ${`${seconds.toFixed(1)} s`.padStart(9)}   ${file}`);
}
