/** `goby notify`: sends a test to a recipient, to try the way to a phone. */
import { Command } from 'commander';
import { addConfigOptions, type ConfigOptions, configFrom } from '../config/config-options.ts';
import { identifyDevice } from '../config/device-id.ts';
import { exitCode, GobyError, InputError } from '../errors.ts';
import { testNotification } from '../flow/notify/notifier.ts';
import { send } from '../flow/notify/send.ts';

export function notifyCommand(): Command {
  return addConfigOptions(new Command('notify'))
    .description('send a test to a recipient under notify, to try the way to a phone')
    .argument('[name]', 'a name under notify; absent: list them')
    .addHelpText(
      'after',
      '\nExamples:\n  goby notify\n  sudo -u goby goby notify phone\n\nExit code: 0 when it was delivered, 69 when that may pass, 1 when it was refused.',
    )
    .action((name: string | undefined, options: ConfigOptions) => notify(name, options));
}

async function notify(name: string | undefined, options: ConfigOptions): Promise<void> {
  const { config } = configFrom(options);
  const names = Object.keys(config.notify);
  if (name === undefined) {
    console.log(
      names.length === 0 ? 'There are no recipients; docs/notify.md shows how to make one.' : names.join('\n'),
    );
    return;
  }
  const recipient = Object.hasOwn(config.notify, name) ? config.notify[name] : undefined;
  if (recipient === undefined) {
    throw new InputError(`There is no recipient ${name}.`, {
      remedy: `Recipients in the configuration: ${names.join(', ') || 'none'}.`,
    });
  }
  const notification = testNotification('test', name, identifyDevice(config.device).name, Date.now());
  const delivery = await send(recipient, notification, undefined, new AbortController().signal);
  if (delivery.kind === 'delivered') {
    console.log(`${name} was told.`);
    return;
  }
  throw new GobyError(`${name} was not told: ${delivery.reason}.`, {
    exitCode: delivery.kind === 'later' ? exitCode.unavailable : exitCode.failed,
  });
}
