/** The steps of the bootstrap, in order; each looks first whether there is anything to do. */
import { fileURLToPath } from 'node:url';
import { buildIsFresh, makeBuild } from './build.mjs';
import { fetchData, missingData, renewDefault } from './data.mjs';
import { holdingLock } from './lock.mjs';
import { installPackages, packagesAreFresh } from './packages.mjs';
import { Trouble } from './trouble.mjs';

const purposes = ['start', 'test', 'build', 'install'];

/** @param {readonly string[]} args */
export async function main(args) {
  try {
    const root = fileURLToPath(new URL('../..', import.meta.url));
    await bootstrap(root, purposeOf(args));
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
    console.error(`goby: ${error.message}`);
    process.exitCode = error.exitCode;
  }
}

function purposeOf(args) {
  const [option, purpose, ...rest] = args;
  if (option === '--for' && purposes.includes(purpose) && rest.length === 0) return purpose;
  throw new Trouble(`Usage: node scripts/bootstrap.mjs --for ${purposes.join('|')}`, 64);
}

/**
 * @param {string} root the checkout
 * @param {string} purpose one of `purposes`; `test` goes on without library, model and photos, as tests then say what they skip
 */
async function bootstrap(root, purpose) {
  if (packagesAreFresh(root) && buildIsFresh(root) && missingData(root).length === 0) return;
  await holdingLock(root, async () => {
    if (!packagesAreFresh(root)) await installPackages(root, purpose);
    const isNew = !buildIsFresh(root);
    if (isNew) await makeBuild(root);
    try {
      if (missingData(root).length > 0) await fetchData(root, purpose);
      else if (isNew) renewDefault(root);
    } catch (error) {
      if (purpose !== 'test' || !(error instanceof Trouble)) throw error;
      console.error(`goby: ${error.message} Tests that need it are skipped.`);
    }
  });
}
