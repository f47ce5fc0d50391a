/**
 * `npm run screenshots`: the page of a whole agent as pictures in docs/. The camera shows a drawing of a front door, so that nobody's
 * photo has to be shown; the model finds nothing in it, and nothing is added.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import sharp from 'sharp';
import { goby } from '../end-to-end/program.ts';
import { makeWorkplace } from '../end-to-end/workplace.ts';
import { chromiumProgram } from '../programs/web/browser.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const shots = [{ part: 'zones', ready: 'svg' }] as const;

const workplace = makeWorkplace({
  device: { id: 'front-door', name: 'Front door' },
  cameras: {
    front: {
      source: { type: 'folder', path: 'scene', framesPerSecond: 2 },
      zones: {
        drive: {
          points: [
            [0.03, 0.97],
            [0.31, 0.76],
            [0.7, 0.76],
            [0.79, 0.97],
          ],
        },
      },
      lines: { door: { from: [0.56, 0.72], to: [0.76, 0.72] } },
      masks: [
        [
          [0, 0],
          [1, 0],
          [1, 0.12],
          [0, 0.12],
        ],
      ],
    },
  },
  outputs: { lamp: { adapter: 'simulated', line: 'GPIO17' } },
  rules: [{ name: 'porch-light', label: 'person', zone: 'drive', output: 'lamp' }],
  mqtt: { embedded: { port: 0 } },
  web: { listen: '127.0.0.1:0' },
});
mkdirSync(join(workplace.folder, 'scene'));
await sharp(readFileSync(join(root, 'test/screenshots/scene.svg')))
  .jpeg({ quality: 90 })
  .toFile(join(workplace.folder, 'scene', 'front-door.jpg'));

const agent = goby(['run', '--config', workplace.configFile], { env: workplace.env });
const browser = await chromium.launch({ executablePath: chromiumProgram, args: ['--no-sandbox', '--disable-gpu'] });
try {
  const [, address = ''] = await agent.line(/the page is at (http:\/\/\S+)/);
  const page = await browser.newPage({ viewport: { width: 860, height: 800 }, locale: 'en-GB' });
  await page.goto(address);
  await page.locator('canvas[aria-label]').waitFor();
  for (const { part, ready } of shots) {
    await page.goto(`${address}#/${part}`);
    await page.locator(`main ${ready}`).first().waitFor();
    // What arrives over the socket after that: the picture, values.
    await page.waitForTimeout(2000);
    const file = join(root, 'docs', `page-${part}.png`);
    await sharp(await page.screenshot())
      .png({ palette: true, colours: 64, effort: 10 })
      .toFile(file);
    console.log(file.slice(root.length));
  }
} finally {
  await browser.close();
  await agent.end();
  workplace.remove();
}
