/** What the page of cameras asks the server for. */
import { text } from '../texts/text.ts';

export interface Found {
  readonly id?: string;
  readonly kind: 'pi' | 'usb' | 'network';
  readonly name: string;
  readonly host?: string;
  readonly trouble?: string;
}

export type Wish =
  | { readonly found: string }
  | { readonly address: string; readonly user?: string; readonly password?: string };

export async function findCameras(): Promise<{ cameras: readonly Found[]; configured: readonly string[] }> {
  return (await post('find', {})).json();
}

/** @returns one picture */
export async function tryCamera(wish: Wish, administrator: string): Promise<ImageBitmap> {
  return createImageBitmap(await (await post('try', { wish, administrator })).blob());
}

export async function keepCamera(name: string, wish: Wish, administrator: string): Promise<void> {
  await post('keep', { name, wish, administrator });
}

async function post(what: string, body: object): Promise<Response> {
  const answer = await fetch(`./cameras/${what}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (answer.ok) return answer;
  const { error, seconds } = (await answer.json().catch(() => ({}))) as { error?: string; seconds?: number };
  if (error === 'wrong') throw new Error(text('login.wrong'));
  if (error === 'wait') throw new Error(text('login.wait', { seconds: seconds ?? 0 }));
  throw new Error(error ?? text('cameras.failed'));
}
