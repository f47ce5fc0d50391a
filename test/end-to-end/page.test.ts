/** The page of a whole agent in a real browser: the picture at once, a box where the detection says, and why a rule did not fire. */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { parse } from 'yaml';
import { chromiumProgram, openBrowser } from '../programs/web/browser.ts';
import { places, serialTestRequiring } from '../requiring.ts';
import { goby, observe } from './program.ts';
import { makeWorkplace, samplesConfig } from './workplace.ts';

const needs = [
  { kind: 'runtime' },
  { kind: 'samples' },
  { kind: 'program', name: chromiumProgram },
  { kind: 'program', name: 'mosquitto_sub' },
] as const;

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
  const [, port = ''] = await agent.line(/mqtt:\/\/127\.0\.0\.1:(\d+)/);
  const observer = observe(Number(port));
  t.teardown(() => observer.end());
  const [, address = ''] = await agent.line(/the page is at (http:\/\/\S+)/);
  const { page, complaints } = await openBrowser(t);
  await agent.line(/front: streaming/);
  const openingsMs: number[] = [];
  for (let opening = 0; opening < 5; opening++) {
    await page.goto('about:blank');
    const openedMs = performance.now();
    await page.goto(address);
    await page.locator('canvas').waitFor();
    openingsMs.push(Math.round(performance.now() - openedMs));
  }
  t.log(`first picture ${openingsMs.join(', ')} ms after opening`);
  // Other tests take their share of the machine: one of five is what it can do.
  t.true(Math.min(...openingsMs) < 2000);

  // A box of the very picture: its colour lies on the canvas where the newest message said.
  const place = (await page.locator('canvas').boundingBox())!;
  t.true(place.width > 300);
  await page.locator('canvas[aria-label*=" %"]').waitFor();

  await page.getByRole('link', { name: 'Events' }).click();
  const ended = page.locator('.event', { has: page.locator('.fired') }).first();
  await ended.waitFor({ timeout: 30_000 });
  await ended.click();
  await page.getByRole('heading', { name: 'certain did not fire' }).waitFor();
  const certain = page.getByRole('region', { name: 'certain' });
  t.regex((await certain.locator('.fails').allTextContents()).join(), /Score \d+(\.\d)? %, wanted at least 99\.9 %/);
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
  await page.getByRole('slider', { name: /^Minimum score:/ }).fill('0.6');
  await page.getByRole('combobox', { name: 'Label', exact: true }).selectOption('face');
  await page.getByRole('slider', { name: /^Smallest share/ }).fill('0.002');
  await page.getByRole('slider', { name: /^Look on after/ }).fill('2500');
  await page.getByRole('slider', { name: /^Looks at one frame/ }).fill('2');
  await page.getByRole('button', { name: 'Save all' }).click();
  await page.getByText('Saved. The live picture').waitFor();
  const kept = () => parse(readFileSync(join(workplace.folder, 'state', 'overrides.yaml'), 'utf8')).cameras.front;
  t.like(kept(), {
    minScore: 0.6,
    filters: { face: { minArea: 0.002 } },
    motion: { lingerMs: 2500 },
    regions: { maxInferencesPerFrame: 2 },
  });
  await page.getByRole('button', { name: 'Undo the last save' }).click();
  await page.getByText('As it was before.').waitFor();
  t.deepEqual(Object.keys(kept()), ['zones'], 'the zone of before, and nothing else');
  await page.getByRole('slider', { name: 'Minimum score: 50 %' }).waitFor();

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
  // What the page asked for is answered to the page alone.
  await observer.line(/^goby\/test\/front\/events /);
  t.deepEqual(
    observer.lines.filter((line) => /^goby\/test\/(response|log)/.test(line)),
    [],
  );
});
