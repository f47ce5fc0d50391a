/** A certificate that is renewed while the page is open. */
import { copyFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { connect } from 'node:tls';
import type { ExecutionContext } from 'ava';
import { createLogger } from '../../../src/logger.ts';
import { readCertificate, watchCertificate } from '../../../src/web/server/certificate.ts';
import { makeCertificates, opensslNeed } from '../../flow/publish/certificates.ts';
import { until } from '../../flow/publish/waiting.ts';
import { testRequiring } from '../../requiring.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

/** The fingerprint of the certificate that a server shows. */
function shownBy(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
      resolve(socket.getPeerCertificate().fingerprint256);
      socket.destroy();
    });
    socket.once('error', reject);
  });
}

async function setUp(t: ExecutionContext) {
  const folder = temporaryFolder(t);
  const made = makeCertificates(folder);
  const files = { certificateFile: join(folder, 'web.crt'), keyFile: join(folder, 'web.key') };
  const give = (certificate: string, key: string) => {
    copyFileSync(certificate, files.certificateFile);
    copyFileSync(key, files.keyFile);
  };
  give(made.serverCertificate, made.serverKey);
  const secret = (await readCertificate(files))!;
  const server = createServer(secret);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const log: string[] = [];
  const logger = createLogger({
    part: 'page',
    threshold: { level: 'info' },
    format: 'text',
    write: (line) => log.push(line),
  });
  const end = watchCertificate({ files, secret, use: (next) => server.setSecureContext(next), logger, everyMs: 10 });
  t.teardown(() => {
    end();
    server.close();
  });
  return { made, files, give, log, port: (server.address() as AddressInfo).port };
}

testRequiring([opensslNeed], 'a renewed certificate is shown to who connects from then on', async (t) => {
  const { made, give, log, port } = await setUp(t);
  const first = await shownBy(port);
  give(made.clientCertificate, made.clientKey);
  await until('the new certificate', () => log.some((line) => /new certificate, valid until \d{4}-/.test(line)));
  t.not(await shownBy(port), first);
});

testRequiring(
  [opensslNeed],
  'half of a pair, garbage and a file that is gone leave the old one, told once',
  async (t) => {
    const { made, files, log, port } = await setUp(t);
    const first = await shownBy(port);
    copyFileSync(made.clientCertificate, files.certificateFile);
    await until('the warning', () =>
      log.some((line) => /keeps its certificate.*can't be used with the key/.test(line)),
    );
    writeFileSync(files.certificateFile, 'garbage');
    await new Promise((resolve) => setTimeout(resolve, 100));
    t.true(log.filter((line) => line.includes('keeps its certificate')).length <= 4, log.join('\n'));
    t.is(await shownBy(port), first);
    copyFileSync(made.serverCertificate, files.certificateFile);
    copyFileSync(made.serverKey, files.keyFile);
    t.is(await shownBy(port), first);
  },
);

testRequiring([opensslNeed], 'one file without the other is refused', async (t) => {
  const { files } = await setUp(t);
  await t.throwsAsync(readCertificate({ certificateFile: files.certificateFile, keyFile: undefined }), {
    message: /belong together; one of them is missing/,
  });
  t.is(await readCertificate({ certificateFile: undefined, keyFile: undefined }), undefined);
});
