/** The page as a whole: login, or navigation and the part that the address names. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { CamerasPart } from './cameras/cameras-part.tsx';
import { isConnected, needsLogin } from './connection.ts';
import { DevicePart } from './device/device-part.tsx';
import { EventsPart } from './events/events-part.tsx';
import { LivePart } from './live/live-part.tsx';
import { Login } from './login/login.tsx';
import { ModelsPart } from './models/models-part.tsx';
import { SettingsPart } from './settings/settings-part.tsx';
import type { TextKey } from './texts/en.ts';
import { text } from './texts/text.ts';
import { TunePart } from './tune/tune-part.tsx';
import { ZonesPart } from './zones/zones-part.tsx';

/** Parts of the page by the name in the address, in the order of the navigation. */
const parts: readonly {
  readonly name: string;
  readonly title: TextKey;
  readonly show: (path: string) => JSX.Element;
}[] = [
  { name: 'live', title: 'nav.live', show: () => <LivePart /> },
  { name: 'events', title: 'nav.events', show: (path) => <EventsPart path={path} /> },
  { name: 'zones', title: 'nav.zones', show: () => <ZonesPart /> },
  { name: 'tune', title: 'nav.tune', show: () => <TunePart /> },
  { name: 'models', title: 'nav.models', show: (path) => <ModelsPart path={path} /> },
  { name: 'cameras', title: 'nav.cameras', show: () => <CamerasPart /> },
  { name: 'device', title: 'nav.device', show: () => <DevicePart /> },
  { name: 'settings', title: 'nav.settings', show: () => <SettingsPart /> },
];

export function App(): JSX.Element {
  const path = usePath();
  if (needsLogin.value) return <Login />;
  const part = parts.find(({ name }) => name === path.split('/')[1]) ?? parts[0]!;
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
        {part.show(path)}
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

/** The address names the part, `#/live`, and what of it: `#/events/ID`. A link into the page itself changes nothing of that. */
function usePath(): string {
  const path = useSignal(location.hash.slice(1));
  useEffect(() => {
    const changed = (): void => {
      if (!location.hash.startsWith('#/')) return;
      path.value = location.hash.slice(1);
      // Another part begins at its top, wherever the last one was scrolled to.
      scrollTo(0, 0);
    };
    addEventListener('hashchange', changed);
    return () => removeEventListener('hashchange', changed);
  }, []);
  return path.value;
}
