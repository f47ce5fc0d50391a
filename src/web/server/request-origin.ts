/** Whether a browser may ask: by which name it reached the page, and from which page it asks. Pure functions. */
import { isIP } from 'node:net';

export interface AskedFrom {
  /** The Host header. */
  readonly host: string | undefined;
  /** The Origin header: the page that asks. Browsers send it with every request that isn't a GET, and with every socket. */
  readonly origin: string | undefined;
}

/** Endings that no one can register: a name with one of them can only be of the local network. */
const localEndings = ['.local', '.lan', '.home', '.internal', '.home.arpa', '.localdomain', '.localhost', '.fritz.box'];

/**
 * Whether the page may be called by this name. A stranger's page can make a name of its own point here (DNS rebinding), and a browser
 * would then take that page for ours: so only addresses, names that can't be registered, and those of web.hosts pass.
 */
export function isKnownHost(host: string | undefined, hosts: readonly string[]): boolean {
  const name = hostName(host);
  if (name === undefined) return false;
  if (isIP(name) !== 0) return true;
  const isPlain = /^[a-z0-9_-]{1,63}$/.test(name);
  return (
    isPlain || localEndings.some((ending) => name.endsWith(ending)) || hosts.some((one) => one.toLowerCase() === name)
  );
}

/** Whether the page that asks is ours: its origin has the name and port that it asks by. */
export function isOwnOrigin({ host, origin }: AskedFrom, hosts: readonly string[]): boolean {
  if (origin === undefined || host === undefined || !URL.canParse(origin)) return false;
  const { host: asking, hostname, protocol } = new URL(origin);
  if (protocol !== 'http:' && protocol !== 'https:') return false;
  // Behind a reverse proxy the Host header can be the proxy's own idea; web.hosts then names what browsers see.
  return asking === withoutDefaultPort(host, protocol) || hosts.some((one) => one.toLowerCase() === hostname);
}

/**
 * Whether a proxy says that it passes on what somebody else asks. Nothing in these headers is believed; but who is on this machine doesn't
 * send them, so they are a reason to ask for a password.
 */
export function isForwarded(header: (name: string) => string | undefined): boolean {
  return ['x-forwarded-for', 'forwarded', 'x-forwarded-host', 'x-real-ip'].some((name) => header(name) !== undefined);
}

/** The name without port and brackets, in lower case; undefined when it isn't one. */
function hostName(host: string | undefined): string | undefined {
  const found = /^(?:\[(?<six>[0-9a-f:.]+)\]|(?<name>[a-z0-9._-]+))(?::\d{1,5})?$/i.exec(host ?? '')?.groups;
  return (found?.['six'] ?? found?.['name'])?.toLowerCase().replace(/\.$/, '');
}

function withoutDefaultPort(host: string, protocol: string): string {
  return host.toLowerCase().replace(protocol === 'https:' ? /:443$/ : /:80$/, '');
}
