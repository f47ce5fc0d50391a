/** The port to new cameras: what is found, whether a picture comes, and keeping one. See agent/setup/. */
import { z } from 'zod';

/** A camera that was found, as the page lists it. */
export interface FoundSource {
  /** For try and keep, as long as the list is the last one that was asked for; absent: its address has to be pasted. */
  readonly id?: string;
  readonly kind: 'pi' | 'usb' | 'network';
  readonly name: string;
  /** Of a network camera: where it is. */
  readonly host?: string;
  /** Why it can't be used as it is. */
  readonly trouble?: string;
}

/** What the page asks for: a camera of the list, or an address. Never a program or a path. */
export const wishSchema = z.union([
  z.strictObject({ found: z.string().max(200) }),
  z.strictObject({
    address: z.string().min(1).max(2048),
    user: z.string().max(256).optional(),
    password: z.string().max(1024).optional(),
  }),
]);
export type CameraWish = z.output<typeof wishSchema>;

export interface CameraSetup {
  /** Cameras of this machine and of the network. Takes some seconds; never rejects. */
  find(): Promise<{ readonly cameras: readonly FoundSource[]; readonly configured: readonly string[] }>;
  /** One picture as JPEG. @throws GobyError that says why none comes */
  try(wish: CameraWish): Promise<Uint8Array<ArrayBuffer>>;
  /** Keeps it under a name; it is opened with the next start. @throws GobyError that says why not */
  keep(name: string, wish: CameraWish): Promise<void>;
}
