/**
 * Makes a checkout ready: packages, build, the TensorFlow Lite library, a model, sample photos. Does only what is missing.
 * Usage: node scripts/bootstrap.mjs --for start|test|build|install
 */
import { platformProblem, thisNode } from './bootstrap/platform.mjs';

const problem = platformProblem(thisNode());
if (problem !== undefined) {
  console.error(`goby: ${problem}`);
  process.exit(1);
}
import('./bootstrap/main.mjs').then(({ main }) => main(process.argv.slice(2)));
