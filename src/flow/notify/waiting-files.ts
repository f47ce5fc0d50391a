/** Notifications that wait, on disk: one file each, with the picture beside it, so that a restart loses none. */
import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { putBytes } from '../../system/files/put-file.ts';
import { type Notification, notificationSchema } from './notification.ts';

export interface WaitingFiles {
  /** What an earlier run left, oldest first. Unreadable ones are removed. */
  open(): Promise<Notification[]>;
  keep(notification: Notification): Promise<void>;
  keepPicture(id: string, jpeg: Uint8Array): Promise<void>;
  picture(id: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
  remove(id: string): Promise<void>;
}

const longestFileBytes = 10_000;

export function waitingFiles(folder: string): WaitingFiles {
  const noteOf = (id: string): string => join(folder, `${id}.json`);
  const pictureOf = (id: string): string => join(folder, `${id}.jpg`);
  const remove = async (id: string): Promise<void> => {
    await rm(noteOf(id), { force: true });
    await rm(pictureOf(id), { force: true });
  };
  return {
    open: async () => {
      await mkdir(folder, { recursive: true });
      const found: Notification[] = [];
      for (const name of (await readdir(folder)).filter((one) => /^[a-z0-9-]{1,64}\.json$/.test(one))) {
        const id = name.slice(0, -'.json'.length);
        const notification = await read(noteOf(id));
        if (notification?.id === id) found.push(notification);
        else await remove(id);
      }
      return found.sort((a, b) => a.atMs - b.atMs);
    },
    keep: (notification) => putBytes(Buffer.from(JSON.stringify(notification)), noteOf(notification.id), 0o640),
    keepPicture: (id, jpeg) => putBytes(jpeg, pictureOf(id), 0o640),
    picture: async (id) => {
      const bytes = await readFile(pictureOf(id)).catch(() => undefined);
      return bytes === undefined ? undefined : new Uint8Array(bytes);
    },
    remove,
  };
}

async function read(path: string): Promise<Notification | undefined> {
  try {
    if ((await stat(path)).size > longestFileBytes) return undefined;
    const parsed = notificationSchema.safeParse(JSON.parse(await readFile(path, 'utf8')));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
