/** Preloaded into goby by NODE_OPTIONS: while a file is there, its inference worker answers garbage once, and takes the file away. */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

/** The worker's end of the pipe to the agent. */
const pipe = 3;
const { writeSync } = fs;

if (/\/infer\/worker\/worker\.[jt]s$/.test(process.argv[1] ?? '')) {
  fs.writeSync = (fd, ...rest) => {
    const flag = process.env.GOBY_GARBLE_FLAG;
    if (fd === pipe && fs.existsSync(flag)) {
      fs.rmSync(flag);
      writeSync(fd, Buffer.alloc(4096, 0xa5));
      // The answer itself comes as a piece of its own: what has lost its place in a stream must bear what follows.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    }
    return writeSync(fd, ...rest);
  };
  syncBuiltinESMExports();
}
