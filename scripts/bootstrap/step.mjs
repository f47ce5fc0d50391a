/** Shows that something goes on: a line drawn in place on a terminal, a line now and then elsewhere. All on stderr. */

/**
 * @param {string} title such as `Building`
 * @param {() => number | undefined} [share] how much is done, 0..1, where that can be told
 * @returns {(note?: string) => void} ends the step; without a note its time is told if it took more than two seconds
 */
export function startStep(title, share = () => undefined) {
  const startMs = performance.now();
  const terminal = process.stderr.isTTY === true;
  const seconds = () => Math.floor((performance.now() - startMs) / 1000);
  let lines = 0;
  const draw = () => {
    const done = share();
    const bar = done === undefined ? '' : ` [${'#'.repeat(Math.round(done * 24)).padEnd(24, '.')}]`;
    if (terminal) process.stderr.write(`\r\x1b[2K${title}${bar} ${seconds()} s`);
    else if (seconds() >= (lines === 0 ? 2 : lines * 15)) {
      lines++;
      const percent = done === undefined ? '' : `, ${Math.floor(done * 100)} %`;
      process.stderr.write(`${title}: ${seconds()} s${percent}\n`);
    }
  };
  const timer = setInterval(draw, terminal ? 150 : 500);
  return (note) => {
    clearInterval(timer);
    if (terminal) process.stderr.write('\r\x1b[2K');
    if (note !== undefined) process.stderr.write(`${title}: ${note}\n`);
    else if (lines > 0 || seconds() >= 2) process.stderr.write(`${title}: done in ${seconds()} s\n`);
  };
}
