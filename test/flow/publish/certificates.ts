/** An authority, a certificate for 127.0.0.1 and one for a client, made by openssl for one test. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Need } from '../../requiring.ts';

export const opensslNeed: Need = { kind: 'program', name: 'openssl' };

export interface Certificates {
  readonly ca: string;
  readonly serverCertificate: string;
  readonly serverKey: string;
  readonly clientCertificate: string;
  readonly clientKey: string;
}

/** @returns paths of PEM files in the folder */
export function makeCertificates(folder: string): Certificates {
  const at = (name: string) => join(folder, name);
  const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'pipe' });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl('req', '-x509', ...key, '-keyout', at('ca.key'), '-out', at('ca.crt'), '-days', '2', '-subj', '/CN=test CA');
  const sign = (name: string, extensions: string) => {
    writeFileSync(at(`${name}.ext`), extensions);
    openssl('req', ...key, '-keyout', at(`${name}.key`), '-out', at(`${name}.csr`), '-subj', `/CN=${name}`);
    openssl(
      ...['x509', '-req', '-in', at(`${name}.csr`), '-CA', at('ca.crt'), '-CAkey', at('ca.key'), '-CAcreateserial'],
      ...['-out', at(`${name}.crt`), '-days', '2', '-extfile', at(`${name}.ext`)],
    );
  };
  sign('server', 'subjectAltName=IP:127.0.0.1');
  sign('client', 'extendedKeyUsage=clientAuth');
  return {
    ca: at('ca.crt'),
    serverCertificate: at('server.crt'),
    serverKey: at('server.key'),
    clientCertificate: at('client.crt'),
    clientKey: at('client.key'),
  };
}
