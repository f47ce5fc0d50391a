/** The login form. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { connect } from '../connection.ts';
import { text } from '../texts/text.ts';

export function Login(): JSX.Element {
  const trouble = useSignal('');
  const isBusy = useSignal(false);
  const logIn = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const password = new FormData(event.currentTarget as HTMLFormElement).get('password');
    isBusy.value = true;
    const answer = await fetch('./login', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ password }),
    }).catch(() => undefined);
    isBusy.value = false;
    if (answer?.ok) return connect();
    const { seconds = 0 } = ((await answer?.json().catch(() => undefined)) ?? {}) as { seconds?: number };
    trouble.value =
      answer === undefined
        ? text('connection.off')
        : answer.status === 429
          ? text('login.wait', { seconds })
          : text('login.wrong');
  };
  return (
    <main class="login">
      <form onSubmit={(event) => void logIn(event)}>
        <img src="./icon.svg" alt="" width="64" height="64" />
        <h1>{text('login.title')}</h1>
        <label>
          {text('login.password')}
          <input type="password" name="password" autocomplete="current-password" required />
        </label>
        <button type="submit" disabled={isBusy.value}>
          {text('login.go')}
        </button>
        <p role="alert">{trouble.value}</p>
      </form>
    </main>
  );
}
