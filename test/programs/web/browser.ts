/** Debian's Chromium, driven by playwright-core: what a person sees of the page. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { type BrowserContext, chromium, type Page } from 'playwright-core';

export const chromiumProgram = '/usr/bin/chromium';

export interface BrowserWish {
  readonly widthPx?: number;
  readonly heightPx?: number;
  readonly locale?: string;
  readonly colorScheme?: 'light' | 'dark';
  /** Also one of an authority that it doesn't know. */
  readonly trustsAnyCertificate?: boolean;
}

/** A browser with a profile of its own, closed and removed after the test. What it complains about is collected. */
export async function openBrowser(
  t: ExecutionContext,
  wish: BrowserWish = {},
): Promise<{ context: BrowserContext; page: Page; complaints: string[] }> {
  const profile = mkdtempSync(join(tmpdir(), 'goby-test-'));
  const { widthPx = 1440, heightPx = 900, locale = 'en-GB', colorScheme = 'light' } = wish;
  const { trustsAnyCertificate = false } = wish;
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: chromiumProgram,
    headless: true,
    viewport: { width: widthPx, height: heightPx },
    locale,
    colorScheme,
    ignoreHTTPSErrors: trustsAnyCertificate,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  t.teardown(async () => {
    if (!t.passed) for (const page of context.pages()) t.log(await shown(page));
    await context.close();
    rmSync(profile, { recursive: true, force: true });
  });
  const page = context.pages()[0] ?? (await context.newPage());
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  return { context, page, complaints };
}

/** What a failed test leaves on the screen: the reason is often written there. */
async function shown(page: Page): Promise<string> {
  const text = await page.locator('body').ariaSnapshot({ timeout: 5000 }).catch(String);
  return `${page.url()} shows: ${text.slice(0, 3000)}`;
}

/** Red, green and blue of one pixel of what the browser shows. */
export async function pixel(page: Page, xPx: number, yPx: number): Promise<[number, number, number]> {
  const { default: sharp } = await import('sharp');
  const png = await page.screenshot({ clip: { x: xPx, y: yPx, width: 1, height: 1 } });
  const { data } = await sharp(png).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return [data[0]!, data[1]!, data[2]!];
}
