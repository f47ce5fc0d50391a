#!/usr/bin/env node
/** Starts goby: `npx goby COMMAND` in a checkout, `goby COMMAND` where it is installed. Builds first where that was never done. */
import { platformProblem, thisNode } from './bootstrap/platform.mjs';

const problem = platformProblem(thisNode());
if (problem !== undefined) {
  console.error(`goby: ${problem}`);
  process.exit(1);
}
import('./bootstrap/launch.mjs').then(({ launch }) => launch());
