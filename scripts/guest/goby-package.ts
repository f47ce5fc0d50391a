/** goby's Debian package for a guest or a card, built from this checkout and kept until its sources change. */
import { join } from 'node:path';
import { cached } from './cache.ts';
import { runProgram, Trouble } from './run-program.ts';

/** goby's package for the guest, built from this checkout where its sources have changed. */
export async function gobyPackage(
  repository: string,
  architecture: 'amd64' | 'arm64',
  onStep?: (note: string) => void,
): Promise<string> {
  const head = (await runProgram('git', ['-C', repository, 'rev-parse', 'HEAD'])).trim();
  const changes = await runProgram('git', ['-C', repository, 'status', '--porcelain']);
  const folder = await cached(`package-${architecture}`, [head, changes], async (making) => {
    onStep?.(`goby's package for ${architecture}`);
    const args = ['--arch', architecture, '--fast', '--output', making];
    await runProgram(join(repository, 'scripts/package'), args, { onLine: (line) => onStep?.(line.slice(0, 60)) });
  });
  const name = (await runProgram('ls', [folder])).split('\n').find((one) => one.endsWith(`_${architecture}.deb`));
  if (name === undefined) throw new Trouble(`scripts/package left no package in ${folder}.`);
  return join(folder, name);
}
