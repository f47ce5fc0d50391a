/** Loaded before a program whose memory is measured: what is left after a collection is kept, and garbage is not mistaken for it. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const everyMs = 1000;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');
setInterval(() => collect(), everyMs).unref();
