/** What ends the bootstrap: a whole sentence and an exit code, the same codes as src/errors.ts. */

export class Trouble extends Error {
  /**
   * @param {string} message
   * @param {number} exitCode 1 failed, 64 wrong usage, 69 something isn't there now
   */
  constructor(message, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}
