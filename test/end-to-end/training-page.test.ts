/** From photos of the camera and the crop of an event to a model in use, in a real browser, with the real `goby train`; kept over a restart. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import axe from 'axe-core';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { chromiumProgram, openBrowser } from '../programs/web/browser.ts';
import { places, serialTestRequiring } from '../requiring.ts';
import { goby } from './program.ts';
import { makeWorkplace, samplesConfig } from './workplace.ts';

const needs = [
  { kind: 'runtime' },
  { kind: 'samples' },
  { kind: 'mirror' },
  { kind: 'program', name: chromiumProgram },
] as const;

/** Frames of each kind before the other one comes: five seconds, in which eight photos are taken on a loaded machine too. */
const framesOfKind = 25;

/** A face in changing light, then walls of changing colours: no two alike, for a copy is not taken. */
async function makePhotos(folder: string): Promise<void> {
  mkdirSync(folder);
  for (let at = 0; at < 2 * framesOfKind; at++) {
    const picture =
      at < framesOfKind
        ? sharp(join(places.photos, 'sample3.jpg'))
            .resize(640, 480, { fit: 'cover' })
            .modulate({ brightness: 0.7 + at / (2 * framesOfKind) })
        : sharp({
            create: { width: 640, height: 480, channels: 3, background: { r: 5 * at, g: 255 - 5 * at, b: 90 } },
          });
    writeFileSync(join(folder, `${String(at).padStart(2, '0')}.jpg`), await picture.jpeg().toBuffer());
  }
}

const config = {
  ...samplesConfig,
  cameras: {
    front: {
      ...samplesConfig.cameras.front,
      source: { type: 'folder', path: 'photos', framesPerSecond: 5 },
      holdMs: 500,
    },
  },
  mqtt: { broker: 'off' },
  web: { listen: '127.0.0.1:0' },
};

async function accessible(t: ExecutionContext, page: Page): Promise<void> {
  await page.evaluate(`${axe.source}; undefined`);
  const found = (await page.evaluate('axe.run()')) as { violations: { id: string; nodes: { html: string }[] }[] };
  t.deepEqual(
    found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`),
    [],
  );
}

serialTestRequiring(needs, 'photos of the camera and the crop of an event become a model in use', async (t) => {
  const workplace = makeWorkplace(config);
  await makePhotos(join(workplace.folder, 'photos'));
  const run = () => goby(['run', '--config', workplace.configFile], { env: workplace.env });
  let agent = run();
  t.teardown(async () => {
    await agent.end();
    workplace.remove();
  });
  const [, address = ''] = await agent.line(/the page is at (http:\/\/\S+)/);
  const { page, complaints } = await openBrowser(t);
  t.teardown(() => complaints.length > 0 && t.log(complaints));
  await agent.line(/front: streaming/);
  await page.goto(`${address}#/models`);
  await page.getByRole('rowheader', { name: 'front' }).waitFor();
  await page.getByText('No training sets yet.').waitFor();
  await page.getByLabel('Name of the set').fill('Front Door');
  await page.getByLabel('Its classes, with commas between them').fill('Somebody, nobody');
  await accessible(t, page);
  await page.getByRole('button', { name: 'Make the set' }).click();
  await page.getByRole('heading', { name: 'front_door' }).waitFor();
  await page.getByText('At least ten photos and two classes').waitFor();

  // What it sees now decides the class; a key takes one, a button the others.
  const heading = (name: string) => page.getByRole('heading', { name: new RegExp(`^${name}: \\d+ photos`) });
  const taken = async (name: string) => Number(/(\d+) photos/.exec((await heading(name).textContent()) ?? '')?.[1]);
  const face = page.locator('canvas[aria-label*=" %"]');
  const wall = page.locator('canvas[aria-label*="Nothing in view"]');
  for (const [name, seen, other, key] of [
    ['somebody', face, wall, '2'],
    ['nobody', wall, face, '1'],
  ] as const) {
    // From its beginning on: the photo is of the newest frame, which may be one that the page doesn't show yet.
    await other.waitFor();
    await seen.waitFor();
    while ((await taken(name)) < 8) {
      await seen.waitFor();
      if ((await taken(name)) === 0) await page.locator('.take-photos').press(key);
      else await page.getByRole('button', { name: `Take a photo for ${name}` }).click();
      await pause(250);
    }
  }
  const somebodies = await taken('somebody');
  const photos = somebodies + (await taken('nobody'));
  await page
    .locator('.photos img')
    .nth(photos - 1)
    .waitFor();
  t.is(await page.locator('.photos img').count(), photos);
  await accessible(t, page);

  await page.getByRole('link', { name: 'Events' }).click();
  await page.locator('.event').first().waitFor({ timeout: 30_000 });
  const ended = page.locator('.event', { hasNotText: 'still there' }).first();
  await ended.waitFor({ timeout: 30_000 });
  await ended.click();
  await page.getByLabel('Add to a training set').first().waitFor();
  await page.getByRole('combobox', { name: 'Add to a training set' }).selectOption('front_door / somebody');
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await page.getByText('Added to front_door / somebody.').waitFor();
  await accessible(t, page);

  await page.goto(`${address}#/models/front_door`);
  await page.getByRole('heading', { name: `somebody: ${somebodies + 1} photos` }).waitFor();
  await page.getByRole('combobox', { name: 'Network to train on' }).selectOption('mobilenet_v1_0.5_160');
  await page.getByText(/mobilenet_v1_0.5_160: 0.26 times the work of the usual one, 59.1 % of ImageNet/).waitFor({
    state: 'attached',
  });
  const startedMs = performance.now();
  await page.getByRole('button', { name: 'Train', exact: true }).click();
  await page.getByRole('button', { name: 'Cancel' }).waitFor();
  const outcome = page.getByText(/^(Done\.|It failed: .*)$/);
  await outcome.waitFor({ timeout: 300_000 });
  t.is(await outcome.textContent(), 'Done.');
  t.log(`trained in ${Math.round((performance.now() - startedMs) / 1000)} s`);
  await page.getByRole('heading', { name: 'How good it is' }).waitFor();
  await accessible(t, page);
  await page.getByRole('button', { name: 'Try it on the live picture' }).click();
  for (const label of ['somebody', 'nobody']) {
    const best = page.locator('.trial dl > div').first();
    await best.filter({ hasText: new RegExp(`^${label}.* (9\\d|100) %`) }).waitFor({ timeout: 60_000 });
  }
  t.is(await page.evaluate("document.querySelector('.trial img').naturalWidth"), 640);
  await accessible(t, page);
  await page.getByRole('button', { name: 'Stop trying' }).click();
  t.false(existsSync(join(workplace.folder, 'state', 'overrides.yaml')), 'the camera went on with its own model');
  await page.getByRole('button', { name: 'Use it for front' }).click();
  await page.getByText('front uses it from now on.').waitFor();
  await page.getByText('front uses it, and takes the next one').waitFor();
  await page.goto(`${address}#/models`);
  await page.getByRole('row', { name: /front trained\/front_door/ }).waitFor();
  await page.getByRole('link', { name: 'Live', exact: true }).click();
  await page.locator('canvas[aria-label*="somebody"]').waitFor();

  // Side by side with what else is here; and the camera goes back to the model of before, and again to this one.
  await page.getByRole('link', { name: 'Models', exact: true }).click();
  await page.getByRole('button', { name: 'Compare classifiers' }).click();
  const figures = page.getByRole('region', { name: 'Figures of the models' });
  await figures.getByRole('row', { name: /^trained\/front_door int8 .* ms .* M .* MB/ }).waitFor({ timeout: 120_000 });
  await accessible(t, page);
  await page.getByText('Models of this machine').click();
  for (const model of ['face-detection-short-range', 'trained/front_door']) {
    await page.getByRole('button', { name: `Use ${model} for front` }).click();
    await page.getByRole('row', { name: new RegExp(`^front ${model} `) }).waitFor();
  }
  await accessible(t, page);

  const { architecture } = JSON.parse(
    readFileSync(join(workplace.folder, 'state', 'training', 'front_door', 'report.json'), 'utf8'),
  );
  t.is(architecture, 'mobilenet_v1_0.5_160');
  const model = join(workplace.folder, 'state', 'training', 'front_door', 'front_door.tflite');
  t.true(existsSync(model));
  t.regex(readFileSync(join(workplace.folder, 'state', 'overrides.yaml'), 'utf8'), /model: trained\/front_door/);
  await agent.end('SIGTERM');
  agent = run();
  const [, again = ''] = await agent.line(/the page is at (http:\/\/\S+)/);
  await agent.line(/front: streaming/);
  await page.goto(`${again}#/models`);
  await page.getByRole('row', { name: /front trained\/front_door/ }).waitFor();
  t.deepEqual(
    complaints.filter((text) => !/404|WebSocket|ERR_CONNECTION/.test(text)),
    [],
  );
});
