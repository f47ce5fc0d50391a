/** The page of a whole agent in a real browser: the picture at once, a box where the detection says, and why a rule did not fire. */
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { chromiumProgram, openBrowser } from '../programs/web/browser.ts';
import { places, serialTestRequiring } from '../requiring.ts';
import { goby } from './program.ts';
import { makeWorkplace, samplesConfig } from './workplace.ts';

const needs = [{ kind: 'runtime' }, { kind: 'samples' }, { kind: 'program', name: chromiumProgram }] as const;

/** A face that comes and goes: somebody is there for twelve frames of twenty-seven. */
async function makePhotos(folder: string): Promise<void> {
  mkdirSync(folder);
  const grey = await sharp({ create: { width: 640, height: 480, channels: 3, background: '#808080' } })
    .jpeg()
    .toBuffer();
  for (let at = 0; at < 27; at++) {
    const file = join(folder, `${String(at).padStart(2, '0')}.jpg`);
    if (at < 12) copyFileSync(join(places.photos, 'sample3.jpg'), file);
    else writeFileSync(file, grey);
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
  mqtt: { embedded: { port: 0 } },
  web: { listen: '127.0.0.1:0' },
  rules: [
    { name: 'light', label: '*', output: 'led' },
    { name: 'certain', label: 'face', minScore: 0.999, output: 'led' },
  ],
};

serialTestRequiring(needs, 'open the page, see what goby sees, and read why', async (t) => {
  const workplace = makeWorkplace(config);
  await makePhotos(join(workplace.folder, 'photos'));
  const agent = goby(['run', '--config', workplace.configFile], { env: workplace.env });
  t.teardown(async () => {
    await agent.end();
    workplace.remove();
  });
  const [, address = ''] = await agent.line(/the page is at (http:\/\/\S+)/);
  const { page, complaints } = await openBrowser(t);
  await agent.line(/front: streaming/);
  const openedMs = performance.now();
  await page.goto(address);
  await page.locator('canvas').waitFor();
  t.log(`first picture ${Math.round(performance.now() - openedMs)} ms after opening`);

  // A box of the very picture: its colour lies on the canvas where the newest message said.
  const place = (await page.locator('canvas').boundingBox())!;
  t.true(place.width > 300);
  await page.locator('canvas[aria-label*=" %"]').waitFor();

  await page.getByRole('link', { name: 'Events' }).click();
  const ended = page.locator('.event', { has: page.locator('.fired') }).first();
  await ended.waitFor({ timeout: 30_000 });
  await ended.click();
  await page.getByRole('heading', { name: 'certain did not fire' }).waitFor();
  const kept = page.getByRole('region', { name: 'certain' });
  t.regex((await kept.locator('.fails').allTextContents()).join(), /Score \d+(\.\d)? %, wanted at least 99\.9 %/);
  t.regex((await page.getByRole('region', { name: 'light' }).textContent()) ?? '', /light fired at .*led on/);

  await page.getByRole('link', { name: 'Zones' }).click();
  await page.locator('.area-editor image').waitFor({ state: 'attached' });
  await page.getByRole('button', { name: 'New zone' }).click();
  // All of the picture: whoever is seen next stands in it.
  const editor = (await page.locator('.area-editor').boundingBox())!;
  for (const [number, x, y] of [
    [1, 0, 0],
    [2, 1, 0],
    [3, 1, 1],
    [4, 0, 1],
  ] as const) {
    await page.getByRole('slider', { name: `zone-1, corner ${number}` }).hover();
    await page.mouse.down();
    await page.mouse.move(editor.x + x * editor.width, editor.y + y * editor.height, { steps: 4 });
    await page.mouse.up();
  }
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByText('Saved.').waitFor();
  await page.getByRole('link', { name: 'Events' }).click();
  await page.locator('.event', { hasText: 'zone-1' }).first().waitFor({ timeout: 60_000 });

  await page.getByRole('link', { name: 'Tune' }).click();
  await page.getByText(/\d+ events until now/).waitFor();

  await page.getByRole('link', { name: 'Device' }).click();
  await page.getByRole('rowheader', { name: 'worker' }).waitFor();
  await page.getByRole('link', { name: 'Settings' }).click();
  await page.getByLabel('Find').fill('minScore');
  await page.getByLabel('minScore', { exact: true }).fill('0.75');
  await page.getByRole('button', { name: 'Save changes (1)' }).click();
  await page.getByText('set here or over MQTT').waitFor();
  t.deepEqual(
    complaints.filter((text) => !text.includes('404')),
    [],
  );
});
