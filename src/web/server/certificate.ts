/** The certificate that web.certificateFile and web.keyFile give, and a renewed one in its place while the page is open. */
import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import type { WebConfig } from '../../config/web-section.ts';
import { ConfigError, isExpected, sentence } from '../../errors.ts';
import type { Logger } from '../../logger.ts';

/** Certificate and key in PEM. */
export interface Secret {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** Programs that renew certificates run twice a day and do it weeks ahead: soon enough, and two small reads. */
const lookEveryMs = 60_000;

/** @throws ConfigError for one file without the other, files that can't be read, are no PEM, or don't belong together */
export async function readCertificate({
  certificateFile,
  keyFile,
}: Pick<WebConfig, 'certificateFile' | 'keyFile'>): Promise<Secret | undefined> {
  if (certificateFile === undefined && keyFile === undefined) return undefined;
  if (certificateFile === undefined || keyFile === undefined) {
    throw new ConfigError('web.certificateFile and web.keyFile belong together; one of them is missing.');
  }
  const [cert, key] = await Promise.all([readFile(certificateFile), readFile(keyFile)]).catch((error: unknown) => {
    throw new ConfigError(`The page's certificate can't be read: ${sentence(error)}.`, { cause: error });
  });
  try {
    createSecureContext({ cert, key });
  } catch (error) {
    throw new ConfigError(
      `The page's certificate ${certificateFile} can't be used with the key ${keyFile}: ${sentence(error)}.`,
      { remedy: 'Both must be PEM, the key without a passphrase, and belong together.', cause: error },
    );
  }
  return { cert, key };
}

export interface CertificateWatch {
  readonly files: Pick<WebConfig, 'certificateFile' | 'keyFile'>;
  /** In use now. */
  readonly secret: Secret;
  /** Takes another one; connections that are open keep theirs. */
  use(secret: Secret): void;
  readonly logger: Logger;
  readonly everyMs?: number;
}

/**
 * Looks at the files now and then, and takes what is new. What can't be used, such as a certificate whose key is not written yet, is told
 * once and looked at again; the old one stays. @returns ends it
 */
export function watchCertificate({ files, secret, use, logger, everyMs = lookEveryMs }: CertificateWatch): () => void {
  let used = secret;
  let trouble = '';
  tellExpiry(used, logger);
  const look = async (): Promise<void> => {
    try {
      const found = await readCertificate(files);
      trouble = '';
      if (found === undefined || (found.cert.equals(used.cert) && found.key.equals(used.key))) return;
      use(found);
      used = found;
      logger.info(`the page has a new certificate, valid until ${validTo(found).toISOString()}`);
      tellExpiry(found, logger);
    } catch (error) {
      if (!isExpected(error)) throw error;
      if (trouble !== sentence(error)) logger.warn(`the page keeps its certificate: ${sentence(error)}`);
      trouble = sentence(error);
    }
  };
  const timer = setInterval(() => void look(), everyMs);
  timer.unref();
  return () => clearInterval(timer);
}

const validTo = ({ cert }: Secret): Date => new Date(new X509Certificate(cert).validTo);

function tellExpiry(secret: Secret, logger: Logger): void {
  const until = validTo(secret);
  if (until.getTime() < Date.now()) logger.warn(`the page's certificate is over since ${until.toISOString()}`);
}
