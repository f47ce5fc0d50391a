/** The page over HTTP: its files, login and logout, sessions, pictures. What the page asks of goby itself goes over the socket. */
import { getConnInfo } from '@hono/node-server/conninfo';
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { HTTPException } from 'hono/http-exception';
import { z } from 'zod';
import { sentence } from '../../errors.ts';
import type { Logger } from '../../logger.ts';
import { endedCookie, sessionCookie } from '../login/cookie.ts';
import type { Doorkeeper, Visitor } from '../login/doorkeeper.ts';
import type { Sessions } from '../login/sessions.ts';
import { expositionType } from '../metrics/exposition.ts';
import type { CameraSetup } from '../setup/camera-setup.ts';
import { isForwarded, isKnownHost, isOwnOrigin } from './request-origin.ts';
import { securityHeaders } from './security-headers.ts';
import { setupRoutes } from './setup-routes.ts';
import type { StaticFile } from './static-files.ts';

/** A picture of an event. */
export interface PictureFile {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly type: string;
}

export interface AppParts {
  readonly doorkeeper: Doorkeeper;
  readonly sessions: Sessions;
  readonly files: ReadonlyMap<string, StaticFile>;
  /** Host names beside those of the local network. */
  readonly hosts: readonly string[];
  readonly isSecure: boolean;
  readonly logger: Logger;
  /** New cameras. */
  readonly setup: CameraSetup;
  /** What Prometheus reads. */
  metrics(): Promise<string>;
  /** The picture of an event; undefined when there is none. */
  picture(event: string): Promise<PictureFile | undefined>;
  /** A photo of a training set; undefined when there is none. */
  trainingPhoto(set: string, className: string, name: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
}

type Env = { Variables: { visitor: Visitor } };

const longestBodyBytes = 4096;
const loginSchema = z.strictObject({ password: z.string().max(1024) });

export function createApp({
  doorkeeper,
  sessions,
  files,
  hosts,
  isSecure,
  logger,
  picture,
  trainingPhoto,
  metrics,
  setup,
}: AppParts): Hono<Env> {
  const app = new Hono<Env>();

  app.use(async (context, next) => {
    await next();
    for (const [name, value] of Object.entries(securityHeaders)) context.header(name, value);
    if (!context.res.headers.has('Cache-Control')) context.header('Cache-Control', 'no-store');
  });
  app.use(async (context, next) => {
    const asked = { host: context.req.header('host'), origin: context.req.header('origin') };
    if (!isKnownHost(asked.host, hosts)) {
      return context.text('This page does not answer by this name. If it should, name it in web.hosts.\n', 421);
    }
    if (!doorkeeper.needsLogin && isForwarded((name) => context.req.header(name))) {
      return context.text(
        'A proxy asks for somebody else, and this page has no password. Name the proxy in web.hosts, and set one: goby web password.\n',
        403,
      );
    }
    const changes = context.req.method !== 'GET' && context.req.method !== 'HEAD';
    if (changes && !isOwnOrigin(asked, hosts)) return context.text('Not asked by this page.\n', 403);
    return next();
  });

  app.get('/', (context) => sendFile(context, files.get('index.html')));
  app.get('/assets/:name', (context) => sendFile(context, files.get(`assets/${context.req.param('name')}`)));
  for (const name of ['icon.svg', 'manifest.webmanifest']) {
    app.get(`/${name}`, (context) => sendFile(context, files.get(name)));
  }

  /** What the page has to know before it can show anything. */
  app.get('/session', (context) => {
    const visitor = doorkeeper.visitor(context.req.header('cookie'));
    return context.json({ needsLogin: doorkeeper.needsLogin, role: visitor?.role, session: visitor?.session });
  });
  app.post('/login', bodyLimit({ maxSize: longestBodyBytes }), async (context) => {
    const body = loginSchema.safeParse(await context.req.json().catch(() => undefined));
    if (!body.success) return context.json({ error: 'a password was expected' }, 400);
    const outcome = await doorkeeper.login({ ...body.data, ...from(context) });
    if (outcome.kind === 'wait') {
      const seconds = Math.ceil(outcome.ms / 1000);
      context.header('Retry-After', String(seconds));
      return context.json({ error: 'wait', seconds }, 429);
    }
    if (outcome.kind === 'wrong') return context.json({ error: 'wrong' }, 401);
    context.header('Set-Cookie', sessionCookie(outcome.token, isSecure || isEncrypted(context)));
    return context.json({ role: outcome.role });
  });

  // From here on only for those who are in.
  app.use(async (context, next) => {
    const visitor = doorkeeper.visitor(context.req.header('cookie'));
    if (visitor === undefined) return context.json({ error: 'login' }, 401);
    context.set('visitor', visitor);
    return next();
  });
  app.post('/logout', (context) => {
    const { session } = context.get('visitor');
    if (session !== undefined) sessions.revoke(session);
    context.header('Set-Cookie', endedCookie());
    return context.json({});
  });
  app.get('/sessions', (context) => {
    const { role, session } = context.get('visitor');
    const all = sessions.list();
    return context.json(role === 'administrator' ? all : all.filter(({ id }) => id === session));
  });
  app.post('/sessions/:id/revoke', (context) => {
    if (context.get('visitor').role !== 'administrator') return context.json({ error: 'administrator' }, 403);
    return sessions.revoke(context.req.param('id')) ? context.json({}) : context.json({ error: 'none' }, 404);
  });
  app.get('/metrics', async (context) => context.body(await metrics(), 200, { 'Content-Type': expositionType }));
  app.get('/pictures/:event', async (context) => {
    const found = await picture(context.req.param('event'));
    if (found === undefined) return context.text('There is no such picture.\n', 404);
    // A better picture of the same event may come while it lasts.
    return context.body(found.bytes, 200, { 'Content-Type': found.type, 'Cache-Control': 'private, max-age=10' });
  });
  app.get('/training/:set/:class/:photo', async (context) => {
    if (context.get('visitor').role !== 'administrator') return context.json({ error: 'administrator' }, 403);
    const { set, class: className, photo } = context.req.param();
    const found = await trainingPhoto(set, className, photo);
    if (found === undefined) return context.text('There is no such photo.\n', 404);
    return context.body(found, 200, { 'Content-Type': 'image/jpeg', 'Cache-Control': 'private, max-age=3600' });
  });
  app.route('/cameras', setupRoutes({ doorkeeper, setup, from }));
  app.onError((error, context) => {
    if (error instanceof HTTPException) return error.getResponse();
    logger.warn(`the page could not answer ${context.req.method} ${context.req.path.slice(0, 60)}: ${sentence(error)}`);
    return context.json({ error: 'failed' }, 500);
  });
  app.notFound((context) => context.text('There is nothing here.\n', 404));
  return app;
}

/** Behind a proxy that ends TLS only the page's own origin, which was checked, says so. */
function isEncrypted(context: Context<Env>): boolean {
  return context.req.header('origin')?.startsWith('https:') === true;
}

/** From where somebody asks. */
function from(context: Context): { address: string; browser: string } {
  return {
    address: getConnInfo(context).remote.address ?? '?',
    browser: (context.req.header('user-agent') ?? '').replaceAll(/[^\x20-\x7e]/g, '?'),
  };
}

function sendFile(context: Context<Env>, file: StaticFile | undefined): Response {
  if (file === undefined) return context.text('The page was not built: npm run build.\n', 404);
  const zipped = /\bgzip\b/.test(context.req.header('accept-encoding') ?? '');
  return context.body(zipped ? file.gzip : file.bytes, 200, {
    'Content-Type': file.type,
    'Cache-Control': file.isNamedByContent ? 'private, max-age=31536000, immutable' : 'no-cache',
    Vary: 'Accept-Encoding',
    ...(zipped ? { 'Content-Encoding': 'gzip' } : {}),
  });
}
