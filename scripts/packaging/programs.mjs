/** Runs the programs that packaging needs, with a sentence where one is missing or fails. */
import { spawn, spawnSync } from 'node:child_process';
import { Trouble } from '../bootstrap/trouble.mjs';

/**
 * @param {string} program
 * @param {string} debianPackage what brings it
 * @throws Trouble when it isn't there
 */
export function needProgram(program, debianPackage) {
  if (spawnSync('sh', ['-c', 'command -v "$1"', 'sh', program]).status !== 0)
    throw new Trouble(`The program ${program} is missing: sudo apt install ${debianPackage}`, 69);
}

/**
 * What it printed on stdout.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv }} [options]
 * @returns {Promise<string>}
 * @throws Trouble with the last lines of what it said
 */
export function run(program, args, { cwd, env = process.env } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const said = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'])
      child[stream].setEncoding('utf8').on('data', (text) => {
        said[stream] += text;
      });
    child.once('error', ({ code }) => reject(new Trouble(`The program ${program} can't be started (${code}).`, 69)));
    child.once('close', (code, signal) => {
      if (code === 0) return resolve(said.stdout);
      const words = `${said.stdout}${said.stderr}`.trim().split('\n').slice(-15).join('\n');
      reject(new Trouble(`${program} ${args[0] ?? ''} ended with ${signal ?? `exit code ${code}`}:\n${words}`));
    });
  });
}
