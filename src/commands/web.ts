/** `goby web`: who may open the page, and where it is. */
import { stdin } from 'node:process';
import { Command } from 'commander';
import { addConfigOptions, type ConfigOptions, configFrom } from '../config/config-options.ts';
import { webPlaces } from '../config/web-section.ts';
import { GobyError } from '../errors.ts';
import { askSecret } from '../terminal/ask-secret.ts';
import { openAccounts } from '../web/login/accounts.ts';

interface PasswordOptions extends ConfigOptions {
  readonly viewer?: boolean;
  readonly remove?: boolean;
}

export function webCommand(): Command {
  return new Command('web').description('the page: set the passwords that open it').addCommand(passwordCommand());
}

function passwordCommand(): Command {
  return addConfigOptions(new Command('password'))
    .description('set the password of the page; beyond this machine it opens with one only')
    .option('--viewer', 'the one of somebody who may look but not switch or change')
    .option('--remove', 'with --viewer: take it away')
    .addHelpText(
      'after',
      `
Examples:
  sudo -u goby goby web password
  sudo -u goby goby web password --viewer
  head -1 secret.txt | sudo -u goby goby web password

A running agent takes it within seconds, and whoever was logged in with the old one logs in anew.`,
    )
    .action((options: PasswordOptions) => setPassword(options));
}

async function setPassword(options: PasswordOptions): Promise<void> {
  const { places } = configFrom(options);
  const accounts = openAccounts(webPlaces(places).passwords);
  const role = options.viewer === true ? 'viewer' : 'administrator';
  if (options.remove === true) {
    if (role !== 'viewer') {
      throw new GobyError("The administrator's password can't be taken away.", {
        remedy: 'Set another one, or take the page back to this machine with web.listen.',
      });
    }
    await accounts.removeViewer();
    console.log('Nobody can log in as viewer any more.');
    return;
  }
  const password = await askSecret(`New password of the ${role}: `);
  if (stdin.isTTY && (await askSecret('Once more: ')) !== password) {
    throw new GobyError('These were two different ones. Nothing was changed.');
  }
  await accounts.setPassword(role, password);
  console.log(`The password of the ${role} is set.`);
}
