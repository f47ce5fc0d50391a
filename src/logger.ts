/** Log lines for people and for the journal: one line each, a level, the part that speaks, and facts. No secret leaves here. */
import { maskAddresses } from './text/addresses.ts';
import { printable } from './text/printable.ts';

export const logLevels = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof logLevels)[number];
export type LogFacts = Readonly<Record<string, string | number | boolean | undefined>>;

/** A part's own voice. Every method writes one line and never throws. */
export interface Logger {
  error(message: string, facts?: LogFacts): void;
  warn(message: string, facts?: LogFacts): void;
  info(message: string, facts?: LogFacts): void;
  debug(message: string, facts?: LogFacts): void;
  /** The same log, speaking for another part. */
  child(part: string): Logger;
}

/** `text` for a terminal, `journal` entries with fields or else lines with sd-daemon(3) priority prefixes, `json` one object a line. */
export type LogFormat = 'text' | 'journal' | 'json';

/** A line with what it is made of. */
export interface LogEntry {
  /** Of syslog(3): 3 error, 4 warning, 6 info, 7 debug. */
  readonly priority: number;
  readonly part: string;
  /** The part, the message and the facts, as a person reads it. */
  readonly line: string;
  readonly facts: LogFacts;
}

/** Threshold that the running agent can change. */
export interface LogThreshold {
  level: LogLevel;
}

/** Priorities of syslog(3), as sd-daemon(3) wants them in front of a line. */
const priority: Record<LogLevel, number> = { error: 3, warn: 4, info: 6, debug: 7 };

export interface LoggerOptions {
  part: string;
  threshold: LogThreshold;
  format: LogFormat;
  write: (line: string) => void;
  /** Takes an entry of format `journal` whole; false: it could not, and the line is written. */
  journal?: ((entry: LogEntry) => boolean) | undefined;
  now?: () => number;
  /** Also gets every line, for who reads along. */
  readAlong?: ((line: LogLine) => void) | undefined;
}

/** A line as a page shows it. */
export interface LogLine {
  /** ISO 8601. */
  readonly time: string;
  readonly level: LogLevel;
  readonly part: string;
  readonly message: string;
}

/**
 * Builds a logger. Values of facts are printed as key=value; newlines are folded so that a line stays a line. Credentials of
 * addresses are masked, whoever logs them, and what a terminal would obey is made visible.
 */
export function createLogger(options: LoggerOptions): Logger {
  const { part, threshold, format, write, journal, now = Date.now, readAlong } = options;
  const log = (level: LogLevel, message: string, facts: LogFacts = {}): void => {
    if (priority[level] > priority[threshold.level]) return;
    const time = new Date(now()).toISOString();
    const known = Object.entries(facts)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => [key, typeof value === 'string' ? maskAddresses(value) : value] as const);
    const text = maskAddresses(message);
    readAlong?.({ time, level, part, message: [text, ...known.map(([key, value]) => `${key}=${value}`)].join(' ') });
    if (format === 'json') {
      write(JSON.stringify({ time, level, part, message: text, ...Object.fromEntries(known) }));
      return;
    }
    const tail = known.map(([key, value]) => ` ${key}=${value}`).join('');
    const body = printable(`${part}: ${maskAddresses(message)}${tail}`.replaceAll(/\s*\n\s*/g, ' | '));
    if (format === 'journal') {
      const entry = { priority: priority[level], part, line: body, facts: Object.fromEntries(known) };
      if (journal?.(entry) === true) return;
    }
    write(format === 'journal' ? `<${priority[level]}>${body}` : `${time.slice(11, 23)} ${level.padEnd(5)} ${body}`);
  };
  return {
    error: (message, facts) => log('error', message, facts),
    warn: (message, facts) => log('warn', message, facts),
    info: (message, facts) => log('info', message, facts),
    debug: (message, facts) => log('debug', message, facts),
    child: (name) => createLogger({ ...options, part: name }),
  };
}

/** A logger that says nothing, for tests and for library use. */
export const silentLogger: Logger = createLogger({
  part: 'silent',
  threshold: { level: 'error' },
  format: 'text',
  write: () => undefined,
});
