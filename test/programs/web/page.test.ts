/** The page in a real browser, before a server whose messages the test makes. */

import type { ExecutionContext } from 'ava';
import axe from 'axe-core';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { testRequiring } from '../../requiring.ts';
import { startWeb } from '../../web/web-under-test.ts';
import { chromiumProgram, openBrowser, pixel } from './browser.ts';

const needs = [{ kind: 'program', name: chromiumProgram }] as const;

/** A grey picture of 640x360. */
const jpeg = await sharp({ create: { width: 640, height: 360, channels: 3, background: { r: 60, g: 60, b: 60 } } })
  .jpeg()
  .toBuffer();

const seen = (detections: object[], more: object = {}) => ({
  time: new Date().toISOString(),
  frame: 1,
  backend: 'xnnpack',
  model: 'ssdlite',
  latencyMs: { preprocess: 2, infer: 12.3, invoke: 11 },
  detections,
  ...more,
});

/** Answers requests as goby does. */
function answer(web: Awaited<ReturnType<typeof startWeb>>, answers: Record<string, object>): void {
  const { feed } = web;
  const take = feed.take.bind(feed);
  feed.take = (topic, payload, tell) => {
    take(topic, payload, tell);
    const name = topic.split('/').at(-1)!;
    const { transaction } = JSON.parse(Buffer.from(payload).toString('utf8')) as { transaction?: string };
    const data = answers[name];
    const outcome = data === undefined ? { status: 'error', data: {}, error: `no ${name}` } : { status: 'ok', data };
    const told = JSON.stringify({ ...outcome, transaction });
    tell({ topic: `${feed.base}/response/${name}`, payload: told, qos: 1, retain: false });
  };
}

async function accessible(t: ExecutionContext, page: Page): Promise<void> {
  await page.evaluate(`${axe.source}; undefined`);
  const found = (await page.evaluate('axe.run()')) as { violations: { id: string; nodes: { html: string }[] }[] };
  t.deepEqual(
    found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`),
    [],
  );
}

/** Waits until the page has asked for live pictures. */
async function untilWatched(web: Awaited<ReturnType<typeof startWeb>>): Promise<void> {
  while (web.live.watchers.size === 0) await new Promise((resolve) => setTimeout(resolve, 10));
}

testRequiring(needs, 'a box lies on the screen where the detection says, in the picture it came with', async (t) => {
  const web = await startWeb(t);
  const { page, complaints } = await openBrowser(t);
  await page.goto(web.origin);
  await untilWatched(web);
  web.feed.say('telemetry', JSON.stringify({ cpuTemperatureC: 61.3, cameras: { front: { framesPerSecond: 4.96 } } }));
  web.live.show({
    camera: 'front',
    seen: seen([{ label: 'person', score: 0.91, box: [0.25, 0.25, 0.5, 0.75] }]),
    jpeg,
  });
  const canvas = page.locator('canvas');
  await canvas.waitFor();
  t.is(await canvas.getAttribute('aria-label'), 'Picture of front: person 91 %');
  const facts = page.getByRole('region', { name: 'front' });
  for (const fact of ['xnnpack', 'preprocess 2.0 ms', 'infer 12.3 ms', '5 pictures a second', '61 °C', 'ssdlite'])
    await facts.getByText(fact, { exact: true }).waitFor();
  const place = (await canvas.boundingBox())!;
  const at = (x: number, y: number) => pixel(page, place.x + x * place.width, place.y + y * place.height);
  const isGrey = ([r, g, b]: number[]) => Math.max(r!, g!, b!) - Math.min(r!, g!, b!) < 12;
  for (const [x, y] of [
    [0.25, 0.5],
    [0.5, 0.5],
    [0.375, 0.75],
  ] as const)
    t.false(isGrey(await at(x, y)), `side at ${x},${y}`);
  for (const [x, y] of [
    [0.1, 0.5],
    [0.375, 0.5],
    [0.6, 0.5],
    [0.375, 0.85],
  ] as const)
    t.true(isGrey(await at(x, y)), `nothing at ${x},${y}`);
  t.deepEqual(complaints, []);
  await accessible(t, page);
});

testRequiring(needs, 'a script in a label is shown as text', async (t) => {
  const web = await startWeb(t);
  const label = '<img src=x onerror="document.title=1">';
  answer(web, {
    events: {
      events: [{ id: 'a-1', camera: 'front', label, score: 0.5, startMs: 0, endMs: 1, zones: [label], fired: [label] }],
      live: [],
      names: { cameras: [label], labels: [label], zones: [] },
    },
  });
  const { page, complaints } = await openBrowser(t);
  await page.goto(`${web.origin}/#/events`);
  await page.getByText(`${label} 50 %`).waitFor();
  t.is(await page.title(), 'goby');
  t.deepEqual(
    complaints.filter((text) => !text.includes('404')),
    [],
  );
});

const record = {
  id: 'a-1',
  camera: 'front',
  label: 'person',
  score: 0.62,
  startMs: 1_760_000_000_000,
  endMs: 1_760_000_012_000,
  reason: 'gone',
  zones: ['drive'],
  crossings: [],
  backend: 'xnnpack',
  modelSha256: 'ab'.repeat(32),
  scores: [
    [0, 0.5],
    [4000, 0.62],
    [12_000, 0.55],
  ],
  verdicts: [
    {
      rule: 'night-alarm',
      fired: false,
      atMs: 1_760_000_004_000,
      conditions: [
        { name: 'label', holds: true, wanted: 'person', seen: 'person' },
        { name: 'score', holds: false, wanted: 0.7, seen: 0.62 },
        { name: 'armed', holds: false, wanted: 'alarm', seen: false },
      ],
      actions: [],
    },
    { rule: 'light', fired: true, atMs: 1_760_000_001_000, conditions: [], actions: ['led on'] },
  ],
  messages: [
    { type: 'new', sequence: 41, atMs: 1_760_000_000_500, takenMs: 1_760_000_000_600 },
    { type: 'end', sequence: 42, atMs: 1_760_000_012_000 },
  ],
  furtherMessages: 0,
  picture: true,
};

testRequiring(needs, 'the timeline loads as one scrolls, and an event says why', async (t) => {
  const web = await startWeb(t, { picture: async () => ({ bytes: new Uint8Array(jpeg), type: 'image/jpeg' }) });
  const pageOf = (first: number) =>
    Array.from({ length: 50 }, (_, at) => ({ ...record, id: `a-${first + at}`, fired: ['light'] }));
  let asked = 0;
  answer(web, { event: record });
  const take = web.feed.take;
  web.feed.take = (topic, payload, tell) => {
    if (!topic.endsWith('/events')) return take(topic, payload, tell);
    const { transaction } = JSON.parse(Buffer.from(payload).toString('utf8')) as { transaction: string };
    asked += 1;
    const data = {
      events: pageOf(50 * (asked - 1) + 1),
      ...(asked < 3 ? { next: `${asked}-0` } : {}),
      live: [],
      names: { cameras: ['front'], labels: ['person'], zones: ['drive'] },
    };
    const told = JSON.stringify({ status: 'ok', data, transaction });
    tell({ topic: `${web.feed.base}/response/events`, payload: told, qos: 1, retain: false });
  };
  const { page, complaints } = await openBrowser(t);
  await page.goto(`${web.origin}/#/events`);
  await page.locator('.event').nth(49).waitFor();
  t.is(await page.locator('.event').count(), 50);
  await accessible(t, page);
  for (const count of [100, 150]) {
    await page.evaluate('scrollTo(0, document.body.scrollHeight)');
    await page
      .locator('.event')
      .nth(count - 1)
      .waitFor();
  }
  t.is(asked, 3);
  await page.evaluate('scrollTo(0, 0)');
  await page.locator('.event').first().click();
  await page.getByRole('heading', { name: 'night-alarm did not fire' }).waitFor();
  const kept = page.getByRole('region', { name: 'night-alarm' });
  t.deepEqual(await kept.locator('.fails').allTextContents(), [
    '✗ Score 62 %, wanted at least 70 %',
    '✗ alarm was not armed',
  ]);
  t.deepEqual(await kept.locator('.holds').allTextContents(), ['✓ Label person, wanted person']);
  t.regex((await page.getByRole('region', { name: 'light' }).textContent()) ?? '', /light fired at .*led on/);
  t.regex((await page.locator('table').textContent()) ?? '', /42end.*waits/);
  await accessible(t, page);
  t.deepEqual(complaints, []);
});

testRequiring(
  needs,
  'login by keyboard: a wrong password, the right one, and no way in for a revoked cookie',
  async (t) => {
    const web = await startWeb(t, { administrator: 'administrator words' });
    const { page } = await openBrowser(t);
    await page.goto(web.origin);
    await page.getByLabel('Password').waitFor();
    await accessible(t, page);
    await page.keyboard.press('Tab');
    await page.getByLabel('Password').focus();
    await page.keyboard.type('not the password');
    await page.keyboard.press('Enter');
    await page.getByText('This is not the password.').waitFor();
    await page.getByLabel('Password').fill('administrator words');
    await page.keyboard.press('Enter');
    await page.getByText('Connected', { exact: true }).waitFor();
    t.is(await page.evaluate('document.cookie'), '', 'no script can read the session');
    for (const { id } of web.sessions.list()) web.sessions.revoke(id);
    await page.getByLabel('Password').waitFor();
  },
);

testRequiring(
  needs,
  'after some wrong passwords the page says how long to wait, and then lets the right one in',
  async (t) => {
    const web = await startWeb(t, { administrator: 'administrator words' });
    const { page } = await openBrowser(t);
    await page.goto(web.origin);
    const enter = async (password: string): Promise<void> => {
      await page.getByLabel('Password').fill(password);
      await page.keyboard.press('Enter');
    };
    for (let one = 0; one < 4; one++) {
      const answered = page.waitForResponse(/login/);
      await enter('not the password');
      t.is((await answered).status(), 401);
    }
    await enter('administrator words');
    await page.getByRole('alert').getByText(/2 s/).waitFor();
    web.clock.nowMs += 2000;
    await enter('administrator words');
    await page.getByText('Connected', { exact: true }).waitFor();
  },
);

testRequiring(needs, 'another site can neither frame the page nor send it a form or open its socket', async (t) => {
  const web = await startWeb(t);
  const { page } = await openBrowser(t);
  const { createServer } = await import('node:http');
  const foreign = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html');
    response.end(`<iframe id="frame" src="${web.origin}"></iframe>`);
  });
  await new Promise<void>((resolve) => foreign.listen(0, '127.0.0.1', resolve));
  t.teardown(() => foreign.close());
  const { port } = foreign.address() as { port: number };
  await page.goto(`http://localhost:${port}`);
  const frame = page.frames()[1];
  await frame?.waitForLoadState().catch(() => undefined);
  t.is(await frame?.locator('#page').count(), 0, 'the frame shows nothing of it');
  const outcome = await page.evaluate(async (origin) => {
    const posted = await fetch(`${origin}/logout`, { method: 'POST', mode: 'no-cors' }).then(
      () => 'sent',
      () => 'refused',
    );
    const socket = await new Promise((resolve) => {
      const opened = new WebSocket(`${origin.replace('http', 'ws')}/socket`);
      opened.onopen = () => resolve('open');
      opened.onerror = () => resolve('refused');
    });
    const read = await fetch(`${origin}/session`).then(
      () => 'read',
      () => 'refused',
    );
    return { posted, socket, read };
  }, web.origin);
  t.is(outcome.posted, 'refused');
  t.is(outcome.socket, 'refused');
  t.is(outcome.read, 'refused');
});

testRequiring(needs, 'on a phone everything fits its width, in German and in the dark', async (t) => {
  const web = await startWeb(t);
  answer(web, {
    events: {
      events: [{ ...record, fired: [] }],
      live: [],
      names: { cameras: ['front'], labels: ['person'], zones: [] },
    },
  });
  const { page } = await openBrowser(t, { widthPx: 390, heightPx: 844, locale: 'de-DE', colorScheme: 'dark' });
  await page.goto(web.origin);
  await untilWatched(web);
  web.live.show({ camera: 'front', seen: seen([]), jpeg });
  await page.locator('canvas').waitFor();
  const fits = () => page.evaluate('document.documentElement.scrollWidth <= innerWidth');
  t.true(await fits());
  await accessible(t, page);
  await page.getByRole('link', { name: 'Ereignisse' }).click();
  await page.locator('.event').waitFor();
  t.true(await fits());
  await accessible(t, page);
  t.is(await page.evaluate('document.documentElement.lang'), 'de');
});

testRequiring(needs, 'when goby goes away the page says so, and comes back by itself', async (t) => {
  const web = await startWeb(t);
  const { page } = await openBrowser(t);
  await page.goto(web.origin);
  await page.getByText('Connected', { exact: true }).waitFor();
  const { port } = new URL(web.origin);
  await web.server.stop();
  await page.getByText('Not connected').waitFor();
  const again = await startWeb(t, { listen: `127.0.0.1:${port}` });
  t.is(again.origin, web.origin);
  await page.getByText('Connected', { exact: true }).waitFor({ timeout: 60_000 });
});

testRequiring(needs, 'a zone is drawn with the mouse, moved by keyboard, previewed and saved', async (t) => {
  const web = await startWeb(t);
  const inside = { ...record, id: 'a-in', path: [[0, 0.5, 0.6]] };
  const outside = { ...record, id: 'a-out', path: [[0, 0.05, 0.05]] };
  answer(web, {
    'config-get': { config: { cameras: { front: { zones: {}, lines: {}, masks: [] } } } },
    events: { events: [inside, outside], live: [] },
    'config-set': { changed: [], restart_required: false },
  });
  const { page, complaints } = await openBrowser(t);
  await page.goto(`${web.origin}/#/zones`);
  await untilWatched(web);
  web.live.show({ camera: 'front', seen: seen([]), jpeg });
  await page.locator('.area-editor image').waitFor({ state: 'attached' });
  await page.getByRole('button', { name: 'New zone' }).click();
  await page.getByText('1 of the last 2 events were in zone-1').waitFor();
  const place = (await page.locator('.area-editor').boundingBox())!;
  const corner = page.getByRole('slider', { name: 'zone-1, corner 1' });
  await corner.hover();
  await page.mouse.down();
  await page.mouse.move(place.x + 0.02 * place.width, place.y + 0.02 * place.height, { steps: 5 });
  await page.mouse.up();
  await page.getByText('2 of the last 2 events were in zone-1').waitFor();
  await page.getByRole('slider', { name: 'zone-1, corner 3' }).focus();
  await page.keyboard.press('ArrowRight');
  await page.getByLabel('Name').fill('drive');
  await accessible(t, page);
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Saved.').waitFor();
  const set = web.feed.taken.find(({ topic }) => topic.endsWith('config-set'))!;
  const { config } = JSON.parse(set.payload) as {
    config: { cameras: { front: { zones: { drive: { points: number[][] } } } } };
  };
  const { points } = config.cameras.front.zones.drive;
  t.is(points.length, 4);
  t.true(Math.abs(points[0]![0]! - 0.02) < 0.01 && Math.abs(points[0]![1]! - 0.02) < 0.01, JSON.stringify(points));
  t.deepEqual(points[2], [0.705, 0.8]);
  t.deepEqual(complaints, []);
});

testRequiring(needs, 'a newer picture that closes the one before it is drawn throws nothing', async (t) => {
  const web = await startWeb(t);
  const { page, complaints } = await openBrowser(t);
  await page.goto(web.origin);
  await untilWatched(web);
  for (let round = 0; round < 20; round++) {
    for (let at = 0; at < 10; at++) {
      web.live.show({ camera: 'front', seen: seen([], { frame: 10 * round + at + 1 }), jpeg });
    }
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  await page.locator('canvas').waitFor();
  t.deepEqual(complaints, []);
});

const door = {
  name: 'door',
  classes: [
    { name: 'postman', photos: 1 },
    { name: 'nobody', photos: 1 },
  ],
};
const hostile = '<img src=x onerror="document.title=1">';

testRequiring(
  needs,
  'a training set takes photos by button and by key, and leaves nothing of itself in other parts',
  async (t) => {
    const asked: string[][] = [];
    const web = await startWeb(t, {
      trainingPhoto: async (...names) => {
        asked.push(names);
        return new Uint8Array(jpeg);
      },
    });
    answer(web, {
      'models-list': {
        models: [],
        cameras: [{ camera: 'front', model: 'ssdlite', sha256: 'ab'.repeat(32), backend: 'cpu' }],
      },
      training: { sets: [door], job: { set: 'door', state: 'failed', error: hostile } },
      'training-photos': { photos: ['0a.jpg'] },
      'training-photo': { photo: '0b.jpg' },
    });
    const { page, complaints } = await openBrowser(t);
    await page.goto(`${web.origin}/#/models/door`);
    await page.getByText(`It failed: ${hostile}`).waitFor();
    await untilWatched(web);
    web.live.show({ camera: 'front', seen: seen([]), jpeg });
    await page.locator('.take-photos canvas').waitFor();
    t.true(await page.getByRole('button', { name: 'Train', exact: true }).isDisabled(), 'two photos are too few');
    await page.locator('.photos img').first().waitFor();
    t.true(asked.some((names) => names.join('/') === 'door/postman/0a.jpg'));
    const photosAsked = () =>
      web.feed.taken.filter(({ topic }) => topic.endsWith('/training-photo')).map(({ payload }) => JSON.parse(payload));
    await page.locator('.take-photos').press('2');
    while (photosAsked().length < 1) await new Promise((resolve) => setTimeout(resolve, 10));
    await page.getByRole('button', { name: 'Take a photo for postman (1)' }).click();
    while (photosAsked().length < 2) await new Promise((resolve) => setTimeout(resolve, 10));
    t.like(photosAsked()[0], { set: 'door', class: 'nobody', camera: 'front' });
    t.like(photosAsked()[1], { set: 'door', class: 'postman', camera: 'front' });
    const askedFor = (name: string) => web.feed.taken.filter(({ topic }) => topic.endsWith(`request/${name}`)).length;
    while (askedFor('training') < 3) await new Promise((resolve) => setTimeout(resolve, 10));
    t.is(askedFor('models-list'), 1, 'who takes photos quickly does not use up what a minute allows');
    await accessible(t, page);
    await page.getByRole('link', { name: '← All models' }).click();
    await page.getByRole('rowheader', { name: 'front' }).waitFor();
    t.is(await page.locator('canvas').count(), 0);
    await page.getByRole('link', { name: 'Live', exact: true }).click();
    await untilWatched(web);
    web.live.show({ camera: 'front', seen: seen([]), jpeg });
    await page.locator('canvas').first().waitFor();
    t.is(await page.locator('canvas').count(), 1);
    t.is(await page.title(), 'goby');
    t.deepEqual(complaints, []);
  },
);

testRequiring(
  needs,
  'a camera is found or pasted, shown, and kept under a name; its password is sent once',
  async (t) => {
    const asked: unknown[] = [];
    const web = await startWeb(t, {
      administrator: 'correct horse',
      setup: {
        find: async () => ({
          cameras: [
            { id: 'usb:/dev/video0', kind: 'usb', name: 'HD Webcam' },
            { kind: 'network', name: 'Acme Cam', host: '192.168.1.20' },
            { kind: 'usb', name: 'Codec', trouble: 'gives no pictures' },
          ],
          configured: ['front'],
        }),
        try: async (wish) => {
          asked.push(wish);
          return new Uint8Array(jpeg);
        },
        keep: async (name, wish) => {
          asked.push([name, wish]);
        },
      },
    });
    const { page, complaints } = await openBrowser(t);
    await page.goto(`${web.origin}/#/cameras`);
    await page.getByLabel('Password').fill('correct horse');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Look for cameras' }).click();
    await page.getByText('3 found.').waitFor();
    await page.getByRole('radio', { name: /Acme Cam/ }).check();
    t.is(await page.getByLabel('Address of the stream').inputValue(), 'rtsp://192.168.1.20:554/');
    await page.getByLabel('User of the camera').fill('admin');
    await page.getByLabel('Password of the camera').fill('S3cr3t');
    await page.getByLabel('Your own password').fill('wrong one!');
    await page.getByRole('button', { name: 'Show a picture' }).click();
    await page.getByText('This is not the password.').waitFor();
    t.deepEqual(asked, [], 'nothing is opened with a wrong password');
    web.clock.nowMs += 3_600_000;
    await page.getByLabel('Your own password').fill('correct horse');
    await page.getByRole('button', { name: 'Show a picture' }).click();
    await page.getByText('This is what it sees.').waitFor();
    await accessible(t, page);
    await page.getByLabel(/^Name/).fill('gate');
    await page.getByRole('button', { name: 'Keep this camera' }).click();
    await page.getByText('gate is kept.').waitFor();
    t.is(await page.getByLabel('Password of the camera').inputValue(), '');
    const wish = { address: 'rtsp://192.168.1.20:554/', user: 'admin', password: 'S3cr3t' };
    t.deepEqual(asked, [wish, ['gate', wish]]);
    t.deepEqual(
      complaints.filter((text) => !text.includes('401')),
      [],
    );
  },
);

const tuned = {
  minScore: 0.5,
  tracking: {},
  filters: {},
  motion: { gate: 'auto', lingerMs: 1500, forcedLookMs: 5000 },
  regions: { mode: 'auto', minSidePx: 160, wholeFrameMs: 3000 },
  masks: [],
};
const past = (track: number, score: number) => ({
  ...{ track, label: 'person', startMs: 1000 * track, endMs: 1000 * track + 500, looks: 2, scores: [score, score] },
  box: [0.4, 0.4, 0.5, 0.8],
});

testRequiring(
  needs,
  'sliders show in the live picture and on the last day, and are saved whole and undone',
  async (t) => {
    const web = await startWeb(t);
    answer(web, {
      'config-get': { config: { cameras: { front: tuned } }, overrides: { cameras: { front: { minScore: 0.5 } } } },
      looks: { fromMs: 1000, tracks: [past(1, 0.9), past(2, 0.6), past(3, 0.45)] },
      'config-set': { changed: [], restart_required: false },
    });
    const { page, complaints } = await openBrowser(t, { widthPx: 390, heightPx: 844 });
    await page.goto(`${web.origin}/#/tune`);
    await untilWatched(web);
    const box = [0.25, 0.25, 0.5, 0.75];
    web.live.show({
      camera: 'front',
      seen: seen([{ label: 'person', score: 0.91, box }], {
        weak: [{ label: 'cat', score: 0.42, box: [0.6, 0.6, 0.7, 0.7] }],
        motion: [[0.7, 0.1, 0.9, 0.3]],
      }),
      jpeg,
    });
    const canvas = page.locator('canvas');
    await canvas.waitFor();
    t.is(await canvas.getAttribute('aria-label'), 'Picture of front: person 91 %');
    const place = (await canvas.boundingBox())!;
    const [r, g, b] = await pixel(page, place.x + 0.8 * place.width, place.y + 0.1 * place.height);
    t.true(b - r > 30, `motion is drawn in blue: ${r} ${g} ${b}`);
    await page.getByText('2 events until now, 2 with this').waitFor();
    const slider = (name: string | RegExp) => page.getByRole('slider', { name });
    await slider(/^Minimum score:/).fill('0.4');
    await page.getByText('2 events until now, 3 with this').waitFor();
    await page.getByText('The log does not reach below the saved score').waitFor();
    t.is(await canvas.getAttribute('aria-label'), 'Picture of front: person 91 %, cat 42 %');
    await slider(/^Minimum score:/).fill('0.7');
    await page.getByText('2 events until now, 1 with this').waitFor();
    await page.getByRole('combobox', { name: 'Label', exact: true }).selectOption('person');
    await slider(/^Smallest share of the picture for person/).fill('0.15');
    await page.getByText('2 events until now, 0 with this').waitFor();
    t.is(await canvas.getAttribute('aria-label'), 'Picture of front: Nothing in view');
    await slider(/^Looks that confirm: goby chooses/).press('ArrowRight');
    await slider(/^Look on after the last motion/).fill('3000');
    await slider(/^Side of the smallest region/).fill('320');
    await page.getByText('Other motion or regions can not be tried on the log').waitFor();
    t.true(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'));
    await accessible(t, page);
    await page.getByRole('button', { name: 'Save all' }).click();
    await page.getByText('Saved. The live picture is made with it now.').waitFor();
    await page.getByRole('button', { name: 'Undo the last save' }).click();
    await page.getByText('As it was before.').waitFor();
    const sent = web.feed.taken.filter(({ topic }) => topic.endsWith('/config-set'));
    t.deepEqual(
      sent.map(({ payload }) => JSON.parse(payload).config.cameras.front),
      [
        {
          minScore: 0.7,
          tracking: { confirmHits: 3 },
          filters: { person: { minScore: 0, minArea: 0.15, maxArea: 1 } },
          motion: { lingerMs: 3000 },
          regions: { minSidePx: 320 },
        },
        {
          minScore: 0.5,
          tracking: { confirmHits: null },
          filters: { person: { minScore: null, minArea: null, maxArea: null } },
          motion: { lingerMs: null },
          regions: { minSidePx: null },
        },
      ],
    );
    t.deepEqual(complaints, []);
  },
);
