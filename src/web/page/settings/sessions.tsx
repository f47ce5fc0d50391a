/** Who is logged in, and how to log out. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { role } from '../connection.ts';
import { text } from '../texts/text.ts';

interface Session {
  readonly id: string;
  readonly role: string;
  readonly usedMs: number;
  readonly address: string;
  readonly browser: string;
}

export function Sessions(): JSX.Element | null {
  const sessions = useSignal<readonly Session[]>([]);
  const load = async (): Promise<void> => {
    const answer = await fetch('./sessions').catch(() => undefined);
    if (answer?.ok) sessions.value = (await answer.json()) as Session[];
  };
  useEffect(() => void load(), []);
  const post = (path: string): Promise<unknown> => fetch(path, { method: 'POST' }).then(load);
  if (sessions.value.length === 0) return null;
  return (
    <section>
      <h2>{text('settings.sessions')}</h2>
      <table>
        <tbody>
          {sessions.value.map(({ id, role: one, usedMs, address, browser }) => (
            <tr key={id}>
              <td>{one}</td>
              <td>{address}</td>
              <td>{browser}</td>
              <td>{new Date(usedMs).toLocaleString()}</td>
              <td>
                <button
                  type="button"
                  class="plain"
                  disabled={role.value !== 'administrator'}
                  onClick={() => void post(`./sessions/${id}/revoke`)}
                >
                  {text('settings.revoke')}
                </button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <button
        type="button"
        class="plain"
        onClick={() => void fetch('./logout', { method: 'POST' }).then(() => location.reload())}
      >
        {text('login.out')}
      </button>
    </section>
  );
}
