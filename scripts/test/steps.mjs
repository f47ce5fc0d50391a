/** The parts of `npm test`: child programs with a line for each and its duration. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { avaOutput } from './ava-output.mjs';

/** A line that says how a part ended. */
export function tell(title, good, startMs, detail) {
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
  console.log(
    `${good ? '✔' : '✘'} ${title.padEnd(12)} ${`${seconds} s`.padStart(8)}${detail === '' ? '' : `   ${detail}`}`,
  );
}

/**
 * A program that is good or not, such as the type checker; its output is shown when it is not.
 * @returns {Promise<boolean>}
 */
export async function runCheck(title, program, args) {
  const startMs = performance.now();
  const lines = [];
  const code = await run(program, args, process.env, (line) => lines.push(line));
  if (code !== 0) for (const line of lines) console.log(line);
  tell(title, code === 0, startMs, '');
  return code === 0;
}

/**
 * Runs test files with ava.
 * @param {{ title: string, files: readonly string[], args?: readonly string[], env?: NodeJS.ProcessEnv, program?: string, lanes?: number }} tests
 *   program: what starts ava, with `args` first; lanes: each file is a run of its own, and so many run beside each other, for with
 *   --serial ava itself takes one file after the other
 */
export async function runTests({
  title,
  files,
  args = [],
  env = process.env,
  program = 'node_modules/.bin/ava',
  lanes,
}) {
  if (files.length === 0) return { passed: 0, failed: 0, skipped: 0, failures: [] };
  const startMs = performance.now();
  const runs = (lanes === undefined ? [files] : files.map((file) => [file])).map((some) => ({
    files: some,
    output: avaOutput((line) => {
      if (line.trim() !== '') console.log(line);
    }),
    code: 0,
  }));
  const counts = () => {
    const all = runs.map(({ output, code }) => output.counts(code));
    const sum = (key) => all.reduce((total, one) => total + one[key], 0);
    return { passed: sum('passed'), failed: sum('failed'), skipped: sum('skipped') };
  };
  const ticker = startTicker(title, counts);
  const waiting = [...runs];
  const lane = async () => {
    for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) {
      const { output } = one;
      one.code = await run(program, [...args, ...one.files], env, (line) => {
        ticker.clear();
        output.take(line);
      });
    }
  };
  await Promise.all(Array.from({ length: lanes ?? 1 }, lane));
  ticker.stop();
  const { passed, failed, skipped } = counts();
  tell(title, failed === 0, startMs, `${files.length} files, ${passed} passed, ${failed} failed, ${skipped} skipped`);
  const failures = runs.flatMap(({ output, code, files: some }) =>
    code !== 0 && output.failures().length === 0 ? [`✘ it ended badly: ${some.join(' ')}`] : output.failures(),
  );
  return { passed, failed, skipped, failures };
}

/** On a terminal: the number of tests that have ended, in place. Elsewhere: a line every 20 s, so that silence means trouble. */
function startTicker(title, counts) {
  const startMs = performance.now();
  const terminal = process.stdout.isTTY === true;
  const draw = () => {
    const { passed, failed } = counts();
    const text = `  ${title}: ${passed} passed, ${failed} failed, ${((performance.now() - startMs) / 1000).toFixed(0)} s`;
    process.stdout.write(terminal ? `\r\x1b[2K${text}` : `${text}\n`);
  };
  const clear = () => {
    if (terminal) process.stdout.write('\r\x1b[2K');
  };
  const timer = setInterval(draw, terminal ? 200 : 20_000);
  return {
    clear,
    stop: () => {
      clearInterval(timer);
      clear();
    },
  };
}

/**
 * Runs a program to its end, line by line.
 * @param {(line: string) => void} onLine
 * @param {number} [limitMs] it is ended after this long
 * @returns {Promise<number>} its exit code; 1 when a signal ended it or it could not be started
 */
export function run(program, args, env, onLine, limitMs) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'], timeout: limitMs });
    for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', onLine);
    child.once('error', ({ message }) => {
      onLine(message);
      resolve(1);
    });
    child.once('close', (code) => resolve(code ?? 1));
  });
}
