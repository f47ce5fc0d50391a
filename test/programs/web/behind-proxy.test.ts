/** The page in a real browser, below a path of a proxy that ends TLS, alone and in a frame, as Home Assistant's ingress shows it. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { makeCertificates, opensslNeed } from '../../flow/publish/certificates.ts';
import { testRequiring } from '../../requiring.ts';
import { startPathProxy } from '../../web/path-proxy.ts';
import { startWeb } from '../../web/web-under-test.ts';
import { chromiumProgram, openBrowser } from './browser.ts';

const path = '/api/hassio_ingress/abc-123/';

testRequiring(
  [{ kind: 'program', name: chromiumProgram }, opensslNeed],
  "below a path at https, in a frame of the proxy's own page: login, a picture, and no word of the browser against it",
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'goby-test-'));
    t.teardown(() => rmSync(folder, { recursive: true, force: true }));
    const { serverCertificate, serverKey } = makeCertificates(folder);
    const web = await startWeb(t, { administrator: 'administrator words', hosts: ['goby.example.org'] });
    const proxy = await startPathProxy(t, {
      ...{ path, target: web.origin, page: `<iframe src="${path}" width="1000" height="700"></iframe>` },
      tls: { cert: readFileSync(serverCertificate), key: readFileSync(serverKey) },
    });
    const { page, context, complaints } = await openBrowser(t, { trustsAnyCertificate: true });
    await page.goto(`${proxy}/`);
    const inside = page.frameLocator('iframe');
    await inside.getByLabel('Password').fill('administrator words');
    await page.keyboard.press('Enter');
    await inside.getByText('Connected', { exact: true }).waitFor();
    const [cookie, ...others] = await context.cookies();
    t.deepEqual(others, []);
    t.like(cookie, { path: path.slice(0, -1), secure: true, httpOnly: true, sameSite: 'Strict' });
    while (web.live.watchers.size === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    const jpeg = await sharp({ create: { width: 64, height: 36, channels: 3, background: '#555' } })
      .jpeg()
      .toBuffer();
    const seen = { time: new Date().toISOString(), frame: 1, detections: [{ label: 'person', score: 0.9 }] };
    web.live.show({ camera: 'front', seen, jpeg });
    await inside.locator('canvas[aria-label*="person 90 %"]').waitFor();
    // The same page by itself, with the login that is there.
    await page.goto(`${proxy}${path}`);
    await page.getByText('Connected', { exact: true }).waitFor();
    await page.getByRole('link', { name: 'Zones' }).click();
    await page.getByRole('heading', { name: 'Zones' }).waitFor();
    t.true(page.url().startsWith(`${proxy}${path}#/zones`));
    t.deepEqual(
      complaints.filter((text) => !/404/.test(text)),
      [],
    );
  },
);

testRequiring(
  [{ kind: 'program', name: chromiumProgram }, opensslNeed],
  'with a certificate of its own the page opens at https, and its pictures come',
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'goby-test-'));
    t.teardown(() => rmSync(folder, { recursive: true, force: true }));
    const { serverCertificate, serverKey } = makeCertificates(folder);
    const web = await startWeb(t, { certificate: { certificateFile: serverCertificate, keyFile: serverKey } });
    const { page, complaints } = await openBrowser(t, { trustsAnyCertificate: true });
    await page.goto(web.origin);
    await page.getByText('Connected', { exact: true }).waitFor();
    t.deepEqual(complaints, []);
  },
);
