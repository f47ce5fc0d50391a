/** Takes goby.txt apart: lines of KEY = value, comments and empty lines. Line ends and encodings of every editor are understood. */

import { nearNames } from '../../text/near-names.ts';
import { type SettingKey, type SettingLine, settingKeys } from './settings.ts';

export interface SettingLines {
  readonly lines: readonly SettingLine[];
  /** A sentence each. */
  readonly problems: readonly string[];
}

/** Text of a file saved as UTF-8 or, by some editors, as UTF-16. */
export function decodeText(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder('utf-16be').decode(bytes);
  return new TextDecoder('utf-8').decode(bytes);
}

/** Keys are read in any case, with spaces or hyphens for underscores; a value is all that follows the first "=". */
export function parseSettingLines(text: string): SettingLines {
  const lines: SettingLine[] = [];
  const problems: string[] = [];
  for (const [index, raw] of text.split(/\r\n|\r|\n/).entries()) {
    const line = index + 1;
    const trimmed = raw.trim();
    if (trimmed === '' || trimmed.startsWith('#')) continue;
    const { key: name, value } = /^(?<key>[^=]*)=(?<value>.*)$/.exec(trimmed)?.groups ?? {};
    if (name === undefined || value === undefined) {
      // The line itself may be a secret that slipped out of place: it isn't repeated.
      problems.push(`Line ${line}: expected KEY = value, found a line without "=". Example: device_name = Front door`);
      continue;
    }
    const spelled = name
      .trim()
      .toLowerCase()
      .replace(/[\s-]+/g, '_');
    const key = settingKeys.find((known) => known === spelled);
    if (key === undefined) {
      const [near] = nearNames(spelled, settingKeys, {
        count: 1,
        farthest: Math.max(1, Math.floor(spelled.length / 3)),
      });
      const hint = near === undefined ? `The keys are ${settingKeys.join(', ')}.` : `Did you mean ${near}?`;
      problems.push(`Line ${line}: unknown key ${name.trim().slice(0, 40)}. ${hint}`);
      continue;
    }
    const earlier = lines.find((one) => one.key === key);
    if (earlier) problems.push(`Line ${line}: ${key} was set on line ${earlier.line} already; the first one counts.`);
    else if (value.trim() !== '') lines.push({ key, value: value.trim(), line });
  }
  return { lines, problems };
}

/** The same text with every value of the given keys taken out, so that no secret stays on the boot partition. */
export function withoutValues(text: string, keys: readonly SettingKey[]): string {
  return text
    .split(/(\r\n|\r|\n)/)
    .map((part) => {
      const name = /^\s*([^=#][^=]*)=/.exec(part)?.[1];
      const spelled = name
        ?.trim()
        .toLowerCase()
        .replace(/[\s-]+/g, '_');
      return keys.some((key) => key === spelled) ? `# ${spelled} = (imported)` : part;
    })
    .join('');
}
