/** Carries goby.txt from the boot partition into the system, takes its secrets out, and reports in goby-errors.txt. */
import { createHash } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sentence } from '../../errors.ts';
import { putAgentSettings } from './agent-settings.ts';
import { putCloudInitFiles } from './cloud-init.ts';
import { checkSettings, type Settings, secretKeys } from './settings.ts';
import { decodeText, parseSettingLines, withoutValues } from './settings-lines.ts';
import { putSystemSettings } from './system-settings.ts';
import type { Target } from './target.ts';

export interface ImportOutcome {
  /** absent: there is no goby.txt; unchanged: it was imported as it is. */
  readonly state: 'absent' | 'unchanged' | 'imported';
  /** Keys that were taken, without their values. */
  readonly taken: readonly string[];
  readonly problems: readonly string[];
}

/** SHA-256 of goby.txt as it was left, so that a start with an unchanged one does nothing. In a folder that is root's alone. */
const stampFile = '/var/lib/goby-setup/imported-settings';

/**
 * Right settings are used whatever the others are; nothing here keeps goby from starting.
 * @param boot the mounted boot partition
 */
export async function importSettings(boot: string, target: Target): Promise<ImportOutcome> {
  const file = join(boot, 'goby.txt');
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (bytes === undefined) return { state: 'absent', taken: [], problems: [] };
  if ((await target.read(stampFile))?.trim() === hashOf(bytes)) return { state: 'unchanged', taken: [], problems: [] };

  const text = decodeText(bytes).replace(/^\uFEFF/, '');
  const { lines, problems: unread } = parseSettingLines(text);
  const { settings, problems: unfit } = checkSettings(lines);
  const problems = [...unread, ...unfit, ...(await put(settings, boot, target))];

  const cleaned = withoutValues(text, secretKeys);
  if (cleaned !== text) await replace(file, cleaned);
  await report(join(boot, 'goby-errors.txt'), problems);
  await target.write(stampFile, `${hashOf(cleaned === text ? bytes : Buffer.from(cleaned))}\n`);
  return { state: 'imported', taken: Object.keys(settings), problems };
}

async function put(settings: Settings, boot: string, target: Target): Promise<string[]> {
  const usesCloudInit =
    (await target.exists('/usr/bin/cloud-init')) && !(await target.exists('/etc/cloud/cloud-init.disabled'));
  const steps = [
    () => putAgentSettings(settings, boot, target),
    () => (usesCloudInit ? putCloudInitFiles(settings, boot) : putSystemSettings(settings, target)),
  ];
  const problems: string[] = [];
  for (const step of steps) {
    try {
      problems.push(...(await step()));
    } catch (error) {
      problems.push(`Some settings could not be written: ${sentence(error)}`);
    }
  }
  return problems;
}

async function report(file: string, problems: readonly string[]): Promise<void> {
  if (problems.length === 0) return rm(file, { force: true });
  const head =
    'goby found mistakes in goby.txt. All other settings are in use. Mend these, and start the device again:\n\n';
  // Read by Windows editors too.
  await replace(file, `${head}${problems.map((problem) => `- ${problem}\n`).join('')}`.replaceAll('\n', '\r\n'));
}

async function replace(file: string, content: string): Promise<void> {
  await writeFile(`${file}.new`, content, { flush: true });
  await rename(`${file}.new`, file);
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
