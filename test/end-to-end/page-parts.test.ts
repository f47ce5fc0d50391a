/** Every part of the page of a whole agent, at a desk and on a phone, light and dark, in both languages, while its broker is away. */
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import axe from 'axe-core';
import { chromiumProgram, openBrowser } from '../programs/web/browser.ts';
import { places, serialTestRequiring } from '../requiring.ts';
import { goby } from './program.ts';
import { makeWorkplace, samplesConfig } from './workplace.ts';

const needs = [{ kind: 'runtime' }, { kind: 'samples' }, { kind: 'program', name: chromiumProgram }] as const;

/** What is there once the part shows what it has. */
const parts = [
  ['live', 'canvas[aria-label*=" %"]'],
  ['events', '.event'],
  ['zones', '.area-editor image'],
  ['tune', '.tune canvas'],
  ['models', 'td:text-matches("^[0-9.]+ ms$")'],
  ['cameras', 'main button'],
  ['device', '.chart canvas'],
  ['settings', '.setting'],
] as const;

serialTestRequiring(
  needs,
  'with the broker away every part shows what it has, fits the screen and can be used by everybody',
  async (t) => {
    const { front } = samplesConfig.cameras;
    const workplace = makeWorkplace({
      ...samplesConfig,
      cameras: { front: { ...front, source: { ...front.source, path: 'photos', framesPerSecond: 5 }, holdMs: 10_000 } },
      // A port that nobody listens on.
      mqtt: { broker: 'mqtt://127.0.0.1:1' },
      web: { listen: '127.0.0.1:0' },
      rules: [{ name: 'light', label: '*', output: 'led' }],
    });
    mkdirSync(join(workplace.folder, 'photos'));
    copyFileSync(join(places.photos, 'sample3.jpg'), join(workplace.folder, 'photos', 'a.jpg'));
    const agent = goby(['run', '--config', workplace.configFile], { env: workplace.env });
    t.teardown(async () => {
      await agent.end();
      workplace.remove();
    });
    const [, address = ''] = await agent.line(/the page is at (http:\/\/\S+)/);
    await agent.line(/front: streaming/);
    for (const wish of [
      { widthPx: 1440, heightPx: 900, colorScheme: 'light', locale: 'en-GB' },
      { widthPx: 390, heightPx: 844, colorScheme: 'dark', locale: 'de-DE' },
    ] as const) {
      const { page, complaints } = await openBrowser(t, wish);
      for (const [part, ready] of parts) {
        const told = `${part} at ${wish.widthPx}`;
        await page.goto(`${address}#/${part}`);
        await page.locator(ready).first().waitFor({ state: 'attached', timeout: 60_000 });
        t.true(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), told);
        t.true(await page.locator('nav a[aria-current=page]').isVisible(), told);
        const current = (await page.locator('nav a[aria-current=page]').boundingBox())!;
        t.true(current.x >= 0 && current.x + current.width <= wish.widthPx, `${told}: the part's own link is in sight`);
        await page.evaluate(`${axe.source}; undefined`);
        const { violations } = (await page.evaluate('axe.run()')) as {
          violations: { id: string; nodes: { html: string }[] }[];
        };
        t.deepEqual(
          violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`),
          [],
          told,
        );
      }
      // A part that was scrolled leaves the next one at its top.
      await page.evaluate('scrollTo(0, 100000)');
      await page.evaluate("location.hash = '#/device'");
      await page.locator('.chart canvas').first().waitFor();
      t.is(await page.evaluate('scrollY'), 0);
      const broker = page.getByRole('row', { name: /^broker / });
      t.regex((await broker.textContent()) ?? '', /127\.0\.0\.1:1/);
      t.deepEqual(
        complaints.filter((text) => !text.includes('404')),
        [],
      );
    }
    // Somebody who is still there is told with what the rules did so far, and that the messages wait for the broker.
    const { page } = await openBrowser(t);
    await page.goto(`${address}#/events`);
    await page.locator('.event', { hasText: 'still there' }).first().click();
    await page.getByRole('heading', { name: /^face \d+ %/ }).waitFor();
    await page.getByText(/still there/).waitFor();
    await page.getByRole('heading', { name: 'light fired at' }).waitFor();
    t.regex((await page.locator('table').textContent()) ?? '', /new.*waits/);
  },
);
