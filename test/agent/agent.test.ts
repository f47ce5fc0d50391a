/** The agent's life in one process: it sees, publishes and switches; what it loses comes back. */
import test from 'ava';
import { until } from '../flow/publish/waiting.ts';
import { agentUnderTest, ask, car, lightFor, person } from './agent-under-test.ts';

test('what a camera sees becomes detections, events, presence and an output, until a stop in good order', async (t) => {
  const h = agentUnderTest(t, { config: { rules: [lightFor('person')] } });
  await h.start();
  const observer = await h.observe();
  h.engine.scene = [person(), car()];
  const { detections } = await h.frame();
  t.deepEqual(
    detections.map(({ label }) => label),
    ['person', 'car'],
  );
  t.like(await observer.message('goby/pi/front/events'), { type: 'new', label: 'person' });
  await observer.message('goby/pi/front/object/person', (state) => state === 'ON');
  await observer.message('goby/pi/output/led/state', (led) => (led as { state: string }).state === 'ON');
  t.deepEqual(h.led, [true]);
  t.like(h.health.snapshot(), {
    worker: { state: 'ready' },
    broker: { state: 'connected' },
    outputs: { state: 'ready', detail: 'led: simulated' },
    'camera/front': { state: 'streaming' },
  });
  await h.stop();
  t.like(observer.of('goby/pi/front/events').at(-1), { type: 'end', reason: 'stopped' });
  t.like(observer.of('goby/pi/output/led/state').at(-1), { state: 'OFF' });
  t.like(observer.of('goby/pi/state').at(-1), { state: 'offline' });
  t.deepEqual(h.led, [true, false]);
  t.true(h.engine.isStopped);
});

test('a camera that is lost ends what it saw; when it is back that begins anew', async (t) => {
  const h = agentUnderTest(t, { config: { rules: [lightFor('person')] } });
  await h.start();
  const observer = await h.observe();
  h.engine.scene = [person()];
  await h.frame();
  const camera = h.cameras.get('front')!;
  camera.tell({ state: 'reconnecting', detail: 'the cable was pulled' });
  await observer.message('goby/pi/front/events', (event) => (event as { reason?: string }).reason === 'camera-lost');
  t.deepEqual(h.led, [true, false]);
  t.like(h.health.get('camera/front'), { state: 'reconnecting', detail: 'the cable was pulled' });
  camera.tell({ state: 'streaming', detail: 'it is back' });
  await h.frame();
  t.deepEqual(h.led, [true, false, true]);
  await until('a second event', () => observer.of('goby/pi/front/events').length === 3);
  const [first, , second] = observer.of('goby/pi/front/events') as { id: string; type: string }[];
  t.is(second!.type, 'new');
  t.not(second!.id, first!.id);
});

test('while the worker is lost frames wait or are skipped with a sentence, and the next ones are seen', async (t) => {
  const h = agentUnderTest(t);
  await h.start();
  h.engine.scene = [person()];
  await h.frame();
  h.engine.lose();
  t.like(h.health.get('worker'), { state: 'failing-over' });
  const later = h.frame();
  h.engine.find();
  t.is((await later).detections.length, 1);
  t.like(h.health.get('worker'), { state: 'ready' });
  h.engine.lose({ forGood: true });
  h.give();
  await until('the frame is given up', () => h.log.some((line) => /frame skipped: The CPU worker ended/.test(line)));
  h.engine.find();
  t.is((await h.frame()).detections.length, 1);
});

test('when nothing is seen any more, outputs go to their safe state, and come back with the next event', async (t) => {
  const h = agentUnderTest(t, {
    config: { rules: [lightFor('person')] },
    camera: { stallTimeoutMs: 500, holdMs: 3_600_000 },
  });
  await h.start();
  h.engine.scene = [person()];
  await h.frame();
  t.deepEqual(h.led, [true]);
  await until('blindness is noticed', () => h.led.length === 2);
  t.deepEqual(h.led, [true, false]);
  h.engine.scene = [person(), { ...person(), box: [0.6, 0.1, 0.9, 0.9] }];
  await h.frame();
  t.is(h.led.at(-1), true, 'somebody else came');
});

test('another model is swapped in between two frames; the old one is unloaded, a wrong hash refused', async (t) => {
  const h = agentUnderTest(t);
  await h.start();
  const observer = await h.observe();
  t.is((await h.frame()).modelSha256, h.sha256['one']!);
  await ask(observer, 'models-use', { camera: 'front', model: 'other', sha256: h.sha256['one']! });
  t.like(await observer.message('goby/pi/response/models-use'), { status: 'error' });
  t.is((await h.frame()).modelSha256, h.sha256['one']!);
  await ask(observer, 'models-use', { camera: 'front', model: 'other', sha256: h.sha256['other']! });
  await until('the old model is gone', () => h.engine.models.length === 1 && h.engine.models[0] !== 'one');
  const { modelSha256, model } = await h.frame();
  t.is(modelSha256, h.sha256['other']!);
  t.is(model, 'other');
  const runs = (info: unknown) => (info as { models: { sha256: string }[] }).models[0]?.sha256;
  await observer.message('goby/pi/info', (info) => runs(info) === h.sha256['other']);
});

test('an inference under way when the model is swapped is answered by the one it was asked of', async (t) => {
  const h = agentUnderTest(t);
  await h.start();
  const observer = await h.observe();
  await h.frame();
  await ask(observer, 'models-use', { camera: 'front', model: 'other', sha256: h.sha256['other']! });
  const seen: string[] = [];
  // Frames go on all the while; each is whole, by one model or the other.
  while (seen.at(-1) !== h.sha256['other']) seen.push((await h.frame()).modelSha256);
  t.true(seen.every((sha256) => Object.values(h.sha256).includes(sha256)));
  t.is(h.log.filter((line) => /skipped/.test(line)).length, 0);
});

test('two cameras share the engine, and one that is lost leaves the other alone', async (t) => {
  const h = agentUnderTest(t, { more: ['back'] });
  await h.start();
  h.engine.scene = [person()];
  t.is((await h.frame('front')).camera, 'front');
  h.cameras.get('front')!.tell({ state: 'reconnecting', detail: 'pulled' });
  t.is((await h.frame('back')).camera, 'back');
  t.like(h.health.snapshot(), { 'camera/front': { state: 'reconnecting' }, 'camera/back': { state: 'streaming' } });
});
