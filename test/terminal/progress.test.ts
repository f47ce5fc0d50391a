/** Progress for other programs: one JSON object a line. */
import test from 'ava';
import { progressOf, startJsonProgress } from '../../src/terminal/progress.ts';

function lines(work: (stream: { write(text: string): unknown }) => void): unknown[] {
  const written: string[] = [];
  work({ write: (text) => written.push(text) });
  expectWholeLines(written);
  return written.map((line) => JSON.parse(line));
}

/** Each write is one whole line: a reader may see them as they come. */
function expectWholeLines(written: readonly string[]): void {
  for (const text of written) if (!/^[^\n]+\n$/.test(text)) throw new Error(`no line: ${JSON.stringify(text)}`);
}

test('a line at the start and every hundredth, the last one whole', (t) => {
  const told = lines((stream) => {
    const progress = startJsonProgress('embedding photos', 1000, stream);
    for (let done = 1; done <= 1000; done++) progress.update(done);
    progress.end();
  }) as { stage: string; share: number }[];
  t.is(told.length, 101);
  t.deepEqual(told[0], { stage: 'embedding photos', share: 0 });
  t.deepEqual(told.at(-1), { stage: 'embedding photos', share: 1 });
});

test('nothing to do is done, and more than all is all', (t) => {
  t.deepEqual(
    lines((stream) => startJsonProgress('a', 0, stream)),
    [{ stage: 'a', share: 1 }],
  );
  t.deepEqual(
    lines((stream) => startJsonProgress('a', 2, stream).update(3)),
    [
      { stage: 'a', share: 0 },
      { stage: 'a', share: 1 },
    ],
  );
});

test('the format decides', (t) => {
  t.is(progressOf('json'), startJsonProgress);
  t.not(progressOf('text'), startJsonProgress);
});
