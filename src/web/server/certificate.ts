/** The certificate that web.certificateFile and web.keyFile give. */
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { ConfigError, sentence } from '../../errors.ts';

/** @throws ConfigError for files that can't be read, are no PEM, or don't belong together */
export async function readCertificate(
  certificateFile: string,
  keyFile: string,
): Promise<{ cert: Buffer; key: Buffer }> {
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
