/** Schedules: is it now within one of these times of the week, as the clock on the wall shows it? */
import type { TimeWindow, Weekday } from '../../config/rules-section.ts';

const order: readonly Weekday[] = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

/**
 * The clock on the wall decides, so that a window keeps its hours over changes of summer time: an hour that is skipped
 * is in no window, one that comes twice is in it twice.
 * @param windows empty: always
 * @param wallMs ms since 1970
 * @param timeZone IANA name; absent: the machine's
 */
export function isWithin(windows: readonly TimeWindow[], wallMs: number, timeZone?: string): boolean {
  if (windows.length === 0) return true;
  const { day, minute } = localTime(wallMs, timeZone);
  const dayBefore = order[(order.indexOf(day) + 6) % 7]!;
  return windows.some(({ days, from, to }) => {
    const fromMinute = minuteOf(from);
    const toMinute = minuteOf(to);
    if (fromMinute < toMinute) return days.includes(day) && minute >= fromMinute && minute < toMinute;
    // Over midnight: the evening of its day, or the morning after.
    return (days.includes(day) && minute >= fromMinute) || (days.includes(dayBefore) && minute < toMinute);
  });
}

const formats = new Map<string | undefined, Intl.DateTimeFormat>();

function localTime(wallMs: number, timeZone: string | undefined): { day: Weekday; minute: number } {
  let format = formats.get(timeZone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-GB', {
      weekday: 'short',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
      timeZone,
    });
    formats.set(timeZone, format);
  }
  const parts = new Map(format.formatToParts(wallMs).map(({ type, value }) => [type, value]));
  return {
    day: parts.get('weekday')!.toLowerCase() as Weekday,
    minute: 60 * Number(parts.get('hour')) + Number(parts.get('minute')),
  };
}

/** Minutes since midnight; 24:00 is the end of the day. */
function minuteOf(timeOfDay: string): number {
  const [hours, minutes] = timeOfDay.split(':').map(Number);
  return 60 * hours! + minutes!;
}
