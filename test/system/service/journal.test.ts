/** Entries arrive at a real datagram socket in journald's native protocol, and at journald itself where it runs. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { createLogger, type LoggerOptions } from '../../../src/logger.ts';
import { openJournal } from '../../../src/system/service/journal.ts';
import { openReceiver } from './datagram-receiver.ts';

const names = { cameras: ['front'], outputs: ['led'] };

function logger(options: Pick<LoggerOptions, 'journal' | 'write'>) {
  return createLogger({ part: 'goby', threshold: { level: 'info' }, format: 'journal', ...options });
}

test('an entry has the line, the priority, the part, and its facts as fields', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'goby-journal-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const receiver = openReceiver(join(folder, 'socket'));
  t.teardown(() => receiver.close());
  const written: string[] = [];
  const log = logger({ journal: openJournal(names, join(folder, 'socket')), write: (line) => written.push(line) });
  log.child('front').warn('no frame\nfor a while', { stallMs: 4000, source: 'rpicam', absent: undefined });
  t.is(
    receiver.receive(),
    [
      'MESSAGE=front: no frame | for a while stallMs=4000 source=rpicam',
      'PRIORITY=4',
      'SYSLOG_IDENTIFIER=goby',
      'GOBY_PART=front',
      'GOBY_CAMERA=front',
      'GOBY_STALL_MS=4000',
      'GOBY_SOURCE=rpicam',
      '',
    ].join('\n'),
  );
  log.child('led').error('no line', { reason: 'two\nlines=1' });
  t.is(
    receiver.receive(),
    'MESSAGE=led: no line reason=two | lines=1\nPRIORITY=3\nSYSLOG_IDENTIFIER=goby\nGOBY_PART=led\nGOBY_OUTPUT=led\nGOBY_REASON=two | lines=1\n',
  );
  log.debug('below the threshold');
  t.is(receiver.receive(), undefined);
  t.deepEqual(written, []);
});

test('without a journal, or with a line too long for it, the line is written with its priority', async (t) => {
  const written: string[] = [];
  const write = (line: string) => written.push(line);
  logger({ journal: openJournal(names, '/nonexistent/socket'), write }).info('still told', { frames: 3 });
  t.deepEqual(written, ['<6>goby: still told frames=3']);
  const folder = await mkdtemp(join(tmpdir(), 'goby-journal-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const receiver = openReceiver(join(folder, 'socket'));
  t.teardown(() => receiver.close());
  const long = 'x'.repeat(4 << 20);
  const log = logger({ journal: openJournal(names, join(folder, 'socket')), write });
  log.warn(long);
  t.is(written[1]?.length, long.length + '<4>goby: '.length);
  log.warn('short again');
  t.regex(receiver.receive() ?? '', /^MESSAGE=goby: short again\n/);
});
