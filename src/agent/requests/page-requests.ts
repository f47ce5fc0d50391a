/** What the page asks for beside the rest: settings as a form, a day of measurements, the log, and a test of a way to a phone. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Places } from '../../config/places.ts';
import { settableAs } from '../../config/settable.ts';
import type { SettingField } from '../../config/setting-field.ts';
import { settingFields } from '../../config/setting-fields.ts';
import { readSettingHelp } from '../../config/setting-help.ts';
import { InputError } from '../../errors.ts';
import type { Notifier } from '../../flow/notify/notifier.ts';
import { bareRequest, type RequestHandler, request, transaction } from '../../flow/publish/request.ts';
import type { LogLine } from '../../logger.ts';
import type { DayHistorySnapshot } from '../../system/measure/day-history.ts';
import type { Settings } from '../settings/settings.ts';

export interface PageRequestsParts {
  readonly settings: Pick<Settings, 'loaded' | 'restartKeys'>;
  readonly notifier: Pick<Notifier, 'test' | 'report'>;
  /** By key with * for names: see config/setting-help.ts. */
  help(): Promise<ReadonlyMap<string, string>>;
  history(): DayHistorySnapshot;
  logLines(): readonly LogLine[];
}

export function pageRequests({
  settings,
  notifier,
  help,
  history,
  logLines,
}: PageRequestsParts): Record<string, RequestHandler> {
  return {
    'config-fields': bareRequest(async () => ({
      fields: settingFields(settings.loaded, await help()).map(withSettable),
      restart_required: settings.restartKeys.length > 0,
    })),
    history: bareRequest(() => history()),
    log: bareRequest(() => ({ lines: logLines() })),
    'notify-test': request(
      z.looseObject({ transaction, to: z.string().max(64) }),
      'an object such as {"to":"phone"}, with a name under notify',
      async ({ to }) => {
        const delivery = await notifier.test(to);
        if (delivery.kind !== 'delivered') throw new InputError(`${to} was not told: ${delivery.reason}.`);
        return { to };
      },
      { mostPerMinute: 6 },
    ),
  };
}

function withSettable(field: SettingField): SettingField & { readonly settable?: 'live' | 'restart' } {
  const settable = settableAs(field.key.split('.'));
  return settable === undefined ? field : { ...field, settable };
}

/** Read when it is asked for first. Without the file there is no help, and everything else works. */
export function settingHelp({ root }: Pick<Places, 'root'>): () => Promise<ReadonlyMap<string, string>> {
  let help: Promise<ReadonlyMap<string, string>> | undefined;
  return () => {
    help ??= readFile(join(root, 'config', 'goby.yaml'), 'utf8').then(readSettingHelp, () => new Map<string, string>());
    return help;
  };
}
