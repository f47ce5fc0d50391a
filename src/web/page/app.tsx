/** The page as a whole: login, or navigation and the part that the address names. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { isConnected, needsLogin } from './connection.ts';
import { LivePart } from './live/live-part.tsx';
import { Login } from './login/login.tsx';
import type { TextKey } from './texts/en.ts';
import { text } from './texts/text.ts';

/** Parts of the page by the name in the address, in the order of the navigation. */
const parts: readonly { readonly name: string; readonly title: TextKey; readonly show: () => JSX.Element }[] = [
  { name: 'live', title: 'nav.live', show: () => <LivePart /> },
];

export function App(): JSX.Element {
  const name = useHash();
  if (needsLogin.value) return <Login />;
  const part = parts.find((one) => one.name === name) ?? parts[0]!;
  return (
    <>
      <a class="skip" href="#content">
        {text('nav.skip')}
      </a>
      <header>
        <img src="./icon.svg" alt="goby" width="28" height="28" />
        <nav aria-label={text('nav.label')}>
          {parts.map(({ name: one, title }) => (
            <a key={one} href={`#/${one}`} aria-current={one === part.name ? 'page' : undefined}>
              {text(title)}
            </a>
          ))}
        </nav>
        <Connection />
      </header>
      <main id="content" tabIndex={-1}>
        {part.show()}
      </main>
    </>
  );
}

function Connection(): JSX.Element {
  const state = isConnected.value;
  return (
    <output class={`connection ${state ? 'is-on' : 'is-off'}`}>
      {state ? text('connection.on') : text('connection.off')}
    </output>
  );
}

/** The address names the part: `#/live`. A link into the page itself changes nothing of that. */
function useHash(): string {
  const name = useSignal(partOf(location.hash));
  useEffect(() => {
    const changed = (): void => {
      if (location.hash.startsWith('#/')) name.value = partOf(location.hash);
    };
    addEventListener('hashchange', changed);
    return () => removeEventListener('hashchange', changed);
  }, []);
  return name.value;
}

function partOf(hash: string): string {
  return /^#\/([a-z]+)/.exec(hash)?.[1] ?? '';
}
