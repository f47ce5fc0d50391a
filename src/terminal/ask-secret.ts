/** Asks for a secret on the terminal without showing it, or takes the first line of what is piped in. */
import { stdin, stdout } from 'node:process';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { exitCode, GobyError } from '../errors.ts';

const longestPiped = 4096;

/** @throws GobyError when it was broken off with Ctrl-C */
export async function askSecret(question: string): Promise<string> {
  if (!stdin.isTTY) return firstLine();
  // What is typed is echoed to the output of readline: this one swallows it.
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: stdin, output: silent, terminal: true });
  stdout.write(question);
  try {
    return await new Promise<string>((resolve, reject) => {
      lines.once('line', resolve);
      lines.once('SIGINT', () => reject(new GobyError('Nothing was changed.', { exitCode: exitCode.interrupted })));
      lines.once('close', () => reject(new GobyError('Nothing was changed.', { exitCode: exitCode.interrupted })));
    });
  } finally {
    lines.close();
    stdout.write('\n');
  }
}

async function firstLine(): Promise<string> {
  let text = '';
  for await (const chunk of stdin) {
    text += String(chunk);
    if (text.includes('\n') || text.length > longestPiped) break;
  }
  return text.split(/\r?\n/)[0] ?? '';
}
