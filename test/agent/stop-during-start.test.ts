/** A stop at any moment of the start: the start ends with the signal's reason, and nothing is left behind. */
import { connect } from 'node:net';
import test from 'ava';
import { until } from '../flow/publish/waiting.ts';
import { type AgentUnderTest, agentUnderTest } from './agent-under-test.ts';

/** Aborted when it is looked at for the nth time. */
function signalAbortedAtLook(look: number): { signal: AbortSignal; looks: () => number } {
  const controller = new AbortController();
  let looks = 0;
  Object.defineProperty(controller.signal, 'throwIfAborted', {
    value: () => {
      looks += 1;
      if (looks === look) controller.abort(new Error('stop now'));
      AbortSignal.prototype.throwIfAborted.call(controller.signal);
    },
  });
  return { signal: controller.signal, looks: () => looks };
}

/** Servers and timers of this process that are still there. */
const servers = (): string[] => process.getActiveResourcesInfo().filter((name) => /Server/.test(name));

async function refuses(address: string): Promise<boolean> {
  const { hostname, port } = new URL(address);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname);
    socket.once('connect', () => {
      socket.destroy();
      resolve(false);
    });
    socket.once('error', () => resolve(true));
  });
}

async function leftBehind({ log, engine, cameras, led }: AgentUnderTest): Promise<string[]> {
  const address = /mqtt:\/\/[\d.]+:\d+/.exec(log.join('\n'))?.[0];
  return [
    ...(address === undefined || (await refuses(address)) ? [] : ['the broker listens']),
    ...(engine.models.length === 0 || engine.isStopped ? [] : ['the engine runs']),
    ...[...cameras].flatMap(([name, camera]) => (camera.isRunning ? [`the camera ${name} runs`] : [])),
    ...(led.at(-1) === true ? ['the LED is on'] : []),
    ...servers(),
  ];
}

test.serial('a stop between any two steps of the start', async (t) => {
  let look = 1;
  for (let isUp = false; !isUp; look += 1) {
    const h = agentUnderTest(t);
    const { signal, looks } = signalAbortedAtLook(look);
    const outcome = await h.start(signal).then(
      () => 'up',
      (error: Error) => error.message,
    );
    await h.stop();
    isUp = looks() < look;
    t.is(outcome, isUp ? 'up' : 'stop now', `at look ${look}`);
    t.deepEqual(await leftBehind(h), [], `at look ${look}`);
    t.false(
      h.log.some((line) => /error|warn/.test(line)),
      h.log.join('\n'),
    );
  }
  t.true(look > 6, 'the start looks at the signal behind all that it waits for');
});

test.serial('a stop at any turn of the event loop', async (t) => {
  for (let turns = 0; turns <= 60; turns += 5) {
    const h = agentUnderTest(t);
    const outcome = h.start().then(
      () => 'up',
      (error: Error) => error.message,
    );
    for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
    await h.stop();
    t.true(['up', 'the test is over'].includes(await outcome), `after ${turns} turns: ${await outcome}`);
    t.deepEqual(await leftBehind(h), [], `after ${turns} turns`);
  }
});

test.serial('a stop while a model is being loaded does not wait for it', async (t) => {
  const h = agentUnderTest(t);
  h.engine.hold();
  const outcome = h.start().catch((error: Error) => error.message);
  await until('the outputs are taken', () => h.health.get('outputs') !== undefined);
  await h.stop();
  t.is(await outcome, 'the test is over');
  t.deepEqual(await leftBehind(h), []);
});

test.serial('a signal that was aborted before the start, and a second stop, change nothing', async (t) => {
  const h = agentUnderTest(t);
  await h.stop();
  await t.throwsAsync(h.start(), { message: 'the test is over' });
  await h.stop();
  t.deepEqual([...h.cameras], []);
  t.deepEqual(await leftBehind(h), []);
});
