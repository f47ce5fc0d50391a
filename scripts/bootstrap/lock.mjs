/** One bootstrap at a time in a checkout: a second one waits for the first. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * @param {string} root
 * @param {() => Promise<void>} work
 */
export async function holdingLock(root, work) {
  const file = join(root, 'var', 'bootstrap.lock');
  mkdirSync(join(root, 'var'), { recursive: true });
  let told = false;
  while (!taken(file)) {
    const holder = holderOf(file);
    if (!told && holder !== undefined) {
      console.error(`goby: another bootstrap (process ${holder}) is at work in this checkout; waiting for it`);
    }
    told ||= holder !== undefined;
    await sleep(200);
  }
  const remove = () => rmSync(file, { force: true });
  const onSignal = (signal) => {
    remove();
    process.exit(signal === 'SIGINT' ? 130 : 143);
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  try {
    await work();
  } finally {
    remove();
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
}

function taken(file) {
  try {
    writeFileSync(file, `${process.pid} ${startOf(process.pid)}`, { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    if (holderOf(file) === undefined) rmSync(file, { force: true });
    return false;
  }
}

/** The living process that holds the lock. A number that was given to another process since doesn't count. */
function holderOf(file) {
  try {
    const [pid, start] = readFileSync(file, 'utf8').split(' ');
    return start !== undefined && startOf(pid) === start ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** Clock ticks from boot to the start of a process: field 22 of /proc/PID/stat. */
function startOf(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}
