/**
 * `npm run screenshots`: the page of a whole agent, at a desk and on a phone, as pictures in docs/page/. The camera pans over a photo
 * and then sees nothing for a while, so that events begin and end: all that is shown was found by the model, and nothing is drawn in.
 * `npm run screenshots -- --photo FILE`: another photo than a sample; it must be one that may be published.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type Browser, chromium, type Page } from 'playwright-core';
import sharp from 'sharp';
import { findPlaces } from '../../src/config/places.ts';
import { goby } from '../end-to-end/program.ts';
import { makeWorkplace } from '../end-to-end/workplace.ts';
import { chromiumProgram } from '../programs/web/browser.ts';
import { makeScene } from './scene.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = join(root, 'docs', 'page');
const { values } = parseArgs({
  options: { photo: { type: 'string', default: join(findPlaces().photos, 'sample6.jpg') } },
});

const workplace = makeWorkplace({
  device: { id: 'garden', name: 'Garden' },
  cameras: {
    garden: {
      source: { type: 'folder', path: 'frames', framesPerSecond: 5 },
      model: 'default',
      holdMs: 1000,
      labels: ['dog', 'person'],
      zones: {
        lawn: {
          points: [
            [0.05, 0.95],
            [0.1, 0.4],
            [0.9, 0.4],
            [0.95, 0.95],
          ],
        },
      },
      lines: { gate: { from: [0.2, 0.85], to: [0.8, 0.85] } },
      masks: [
        [
          [0, 0],
          [1, 0],
          [1, 0.1],
          [0, 0.1],
        ],
      ],
    },
  },
  outputs: { lamp: { adapter: 'simulated', line: 'GPIO17' } },
  rules: [
    { name: 'light', label: '*', zone: 'lawn', output: 'lamp' },
    { name: 'night-alarm', label: 'dog', minScore: 0.97, output: 'lamp' },
  ],
  mqtt: { embedded: { port: 0 } },
  web: { listen: '127.0.0.1:0' },
});
await makeScene({
  photo: values.photo,
  frames: join(workplace.folder, 'frames'),
  photosOfSet: join(workplace.folder, 'state', 'training', 'garden', 'photos'),
});
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder);

const agent = goby(['run', '--config', workplace.configFile], { env: workplace.env });
const browsers: Browser[] = [];
try {
  const [, address = ''] = await agent.line(/the page is at (http:\/\/\S+)/);
  await agent.line(/garden: streaming/);
  const browser = await chromium.launch({ executablePath: chromiumProgram, args: ['--no-sandbox', '--disable-gpu'] });
  browsers.push(browser);
  const desk = await browser.newPage({ viewport: { width: 1280, height: 800 }, locale: 'en-GB' });
  await train(desk, address);
  for (const [size, page] of [
    ['desk', desk],
    ['phone', await browser.newPage({ viewport: { width: 390, height: 844 }, locale: 'en-GB', hasTouch: true })],
  ] as const) {
    await page.goto(`${address}#/live`);
    // The first picture with something in it.
    await page.locator('canvas[aria-label*=" %"]').waitFor({ timeout: 60_000 });
    await keep(page, `live-${size}`);
    for (const [part, ready] of [
      ['zones', '.area-editor image'],
      ['tune', 'canvas[aria-label*=" %"]'],
      ['training', '.training-run'],
      ['device', 'main table'],
    ] as const) {
      // From a picture with something in it: the next one shows it still.
      await page.goto(`${address}#/live`);
      await page.locator('canvas[aria-label*=" %"]').waitFor({ timeout: 60_000 });
      await page.goto(`${address}#/${part === 'training' ? 'models/garden' : part}`);
      await page.locator(ready).first().waitFor({ state: 'attached', timeout: 60_000 });
      if (part === 'training') {
        await page.getByRole('button', { name: 'Try it on the live picture' }).click();
        await page.locator('.trial img').waitFor({ timeout: 60_000 });
        await page.evaluate(`document.querySelector('section[aria-label="How good it is"]').scrollIntoView()`);
      }
      await page.waitForTimeout(1500);
      await keep(page, `${part}-${size}`);
    }
    await page.goto(`${address}#/events`);
    const ended = page.locator('.event', { hasNotText: 'still there' });
    await ended.first().click({ timeout: 60_000 });
    await page.getByRole('heading', { name: 'night-alarm did not fire' }).waitFor();
    await page.evaluate(`document.querySelector('section[aria-label="night-alarm"]').scrollIntoView({ block: 'end' })`);
    await page.waitForTimeout(1000);
    await keep(page, `events-${size}`);
  }
} finally {
  for (const browser of browsers) await browser.close();
  await agent.end();
  workplace.remove();
}

async function train(page: Page, address: string): Promise<void> {
  await page.goto(`${address}#/models/garden`);
  await page.getByRole('button', { name: 'Train', exact: true }).click();
  await page.getByText('Done.').waitFor({ timeout: 300_000 });
}

async function keep(page: Page, name: string): Promise<void> {
  const file = join(folder, `${name}.webp`);
  const { size } = await sharp(await page.screenshot())
    .webp({ quality: 72, effort: 6 })
    .toFile(file);
  console.log(`${file.slice(root.length)} ${Math.round(size / 1000)} kB`);
}
