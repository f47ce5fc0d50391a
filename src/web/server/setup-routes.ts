/** Routes for new cameras: for the administrator only, whose password is asked each time something is opened or kept. */
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { z } from 'zod';
import { isExpected, sentence } from '../../errors.ts';
import { maskAddresses } from '../../text/addresses.ts';
import type { Doorkeeper, LoginTry } from '../login/doorkeeper.ts';
import { type CameraSetup, wishSchema } from '../setup/camera-setup.ts';

export interface SetupRouteParts {
  readonly doorkeeper: Pick<Doorkeeper, 'isAdministrator' | 'visitor'>;
  readonly setup: CameraSetup;
  /** From where somebody asks. */
  from(context: Context): Omit<LoginTry, 'password'>;
}

const longestBodyBytes = 8192;
const password = z.string().max(1024).default('');
const trySchema = z.strictObject({ wish: wishSchema, administrator: password });
const keepSchema = trySchema.extend({ name: z.string().regex(/^[a-z0-9][a-z0-9_-]{0,62}$/) });

export function setupRoutes({ doorkeeper, setup, from }: SetupRouteParts): Hono {
  const app = new Hono();
  const isAdministrator = (context: Context): boolean =>
    doorkeeper.visitor(context.req.header('cookie'))?.role === 'administrator';
  /** @returns an answer that refuses; undefined: the password is right */
  const refused = async (context: Context, administrator: string): Promise<Response | undefined> => {
    const outcome = await doorkeeper.isAdministrator({ password: administrator, ...from(context) });
    if (outcome.kind === 'yes') return undefined;
    if (outcome.kind === 'wrong') return context.json({ error: 'wrong' }, 401);
    const seconds = Math.ceil(outcome.ms / 1000);
    context.header('Retry-After', String(seconds));
    return context.json({ error: 'wait', seconds }, 429);
  };
  app.use(bodyLimit({ maxSize: longestBodyBytes }));
  app.use(async (context, next) => {
    if (!isAdministrator(context)) return context.json({ error: 'administrator' }, 403);
    return next();
  });
  app.post('/find', async (context) => context.json(await setup.find()));
  app.post('/try', async (context) => {
    const body = trySchema.safeParse(await context.req.json().catch(() => undefined));
    if (!body.success) return context.json({ error: 'an address or a camera of the list was expected' }, 400);
    return (
      (await refused(context, body.data.administrator)) ??
      (await told(context, async () =>
        context.body(await setup.try(body.data.wish), 200, { 'Content-Type': 'image/jpeg' }),
      ))
    );
  });
  app.post('/keep', async (context) => {
    const body = keepSchema.safeParse(await context.req.json().catch(() => undefined));
    if (!body.success) {
      const error = 'a name of small letters, digits, - and _, and an address or a camera of the list were expected';
      return context.json({ error }, 400);
    }
    return (
      (await refused(context, body.data.administrator)) ??
      (await told(context, async () => {
        await setup.keep(body.data.name, body.data.wish);
        return context.json({});
      }))
    );
  });
  return app;
}

/** What can go wrong with a camera is told in a sentence, without its password. */
async function told(context: Context, answer: () => Promise<Response>): Promise<Response> {
  try {
    return await answer();
  } catch (error) {
    if (!isExpected(error)) throw error;
    return context.json({ error: maskAddresses(sentence(error)) }, 422);
  }
}
