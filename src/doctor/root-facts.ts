/** What root alone is told, asked before doctor goes on as the service's user. */
import { readFile } from 'node:fs/promises';
import { type CameraHolder, findCameraHolders } from '../flow/capture/camera-holders.ts';

/** From where systemd hands the broker's password to the service; it wins over mqtt.passwordFile there, and so it does here. */
export const credentialFile = '/etc/credstore/goby.mqtt-password';

export interface RootFacts {
  /** Content of systemd's credential for the broker, where there is one. */
  readonly storedPassword?: Buffer;
  /** Also processes of other users. */
  readonly holders?: readonly CameraHolder[];
}

/** Nothing for anybody but root. */
export async function rootFacts(stored = credentialFile): Promise<RootFacts> {
  if (process.getuid?.() !== 0) return {};
  const storedPassword = await readFile(stored).catch(() => undefined);
  const holders = await findCameraHolders();
  return { holders, ...(storedPassword === undefined ? {} : { storedPassword }) };
}
