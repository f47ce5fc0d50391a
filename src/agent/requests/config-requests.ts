/** request/config-get and request/config-set. */
import { z } from 'zod';
import type { Tree } from '../../config/layers.ts';
import { leavesOf, setIn } from '../../config/layers.ts';
import { valueAt } from '../../config/overrides.ts';
import { withoutSecrets } from '../../config/secrets.ts';
import { InputError } from '../../errors.ts';
import { type RequestHandler, request, transaction } from '../../flow/publish/request.ts';
import type { Settings } from '../settings/settings.ts';

const key = z.string().min(1).max(256);
const getPayload = z.looseObject({ key: key.optional(), transaction });
const setPayload = z.union([
  z.looseObject({ key, value: z.json(), transaction }),
  z.looseObject({ config: z.record(z.string(), z.json()), transaction }),
]);

export type ConfigSettings = Pick<Settings, 'loaded' | 'restartKeys' | 'isOnTrial' | 'change'>;

export function configRequests(settings: ConfigSettings): Record<string, RequestHandler> {
  return {
    'config-get': request(getPayload, '{"key":"cameras.front.minScore"}, or {} for everything', (payload) => ({
      ...(payload.key === undefined ? whole(settings) : part(settings, payload.key)),
      restart_required: settings.restartKeys.length > 0,
    })),
    'config-set': request(
      setPayload,
      '{"key":"cameras.front.minScore","value":0.6} or {"config":{"cameras":{"front":{"minScore":0.6}}}}',
      async (payload) => {
        const { changed, restartRequired } = await settings.change(changesOf(payload), 'MQTT');
        return { changed, restart_required: restartRequired };
      },
      { mostPerMinute: 60 },
    ),
  };
}

function whole({ loaded, isOnTrial }: ConfigSettings): object {
  return { config: loaded.config, overrides: withoutSecrets(loaded.overrides.values), on_trial: isOnTrial };
}

function part({ loaded }: ConfigSettings, dotted: string): object {
  const path = dotted.split('.');
  const value = valueAt(loaded.config, path);
  if (value !== undefined) return { key: dotted, value, from: loaded.originOf(path) };
  const keys = leavesOf(loaded.config).map((leaf) => leaf.path.join('.'));
  throw new InputError(`There is no setting ${dotted}.`, { remedy: `Settings here: ${keys.join(', ')}.` });
}

/** A null takes the override back. */
function changesOf(payload: z.output<typeof setPayload>): Tree {
  if ('config' in payload) return payload.config as Tree;
  const changes: Tree = {};
  setIn(changes, (payload.key as string).split('.'), payload.value);
  return changes;
}
