/** Log lines as entries of systemd's journal with fields of their own: `journalctl -u goby GOBY_CAMERA=front`. */
import type { LogEntry } from '../../logger.ts';
import { openDatagramSocket, type SendDatagram } from './datagram-socket.ts';

/** Where journald listens for entries in its native protocol, https://systemd.io/JOURNAL_NATIVE_PROTOCOL. */
const journalSocket = '/run/systemd/journal/socket';

/** Names of the configuration that become fields of their own: a line of a camera's part has GOBY_CAMERA. */
export interface JournalNames {
  readonly cameras: readonly string[];
  readonly outputs: readonly string[];
}

/**
 * Sends entries to the journal. False when one could not be sent (no journal, a line too long for a datagram, journald
 * behind): the caller then writes it in plain words, so that nothing is lost.
 */
export function openJournal(names: JournalNames, address = journalSocket): (entry: LogEntry) => boolean {
  let send: SendDatagram | undefined;
  return (entry) => {
    try {
      send ??= openDatagramSocket(address);
      send(journalFields(entry, names));
      return true;
    } catch {
      return false;
    }
  };
}

/** One `KEY=value` a line. Values are one line each: the logger folds newlines, and here they are folded once more. */
export function journalFields({ priority, part, line, facts }: LogEntry, names: JournalNames): string {
  const fields: (readonly [string, unknown])[] = [
    ['MESSAGE', line],
    ['PRIORITY', priority],
    ['SYSLOG_IDENTIFIER', 'goby'],
    ['GOBY_PART', part],
  ];
  if (names.cameras.includes(part)) fields.push(['GOBY_CAMERA', part]);
  if (names.outputs.includes(part)) fields.push(['GOBY_OUTPUT', part]);
  for (const [key, value] of Object.entries(facts)) fields.push([fieldName(key), value]);
  return fields.map(([key, value]) => `${key}=${String(value).replaceAll('\n', ' | ')}\n`).join('');
}

/** widthPx becomes GOBY_WIDTH_PX: the journal takes capitals, digits and underscores only. */
function fieldName(key: string): string {
  const snake = key.replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2').replaceAll(/[^A-Za-z0-9]/g, '_');
  return `GOBY_${snake.toUpperCase()}`.slice(0, 64);
}
