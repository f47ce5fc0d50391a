/** Contracts of outputs and inputs against a real kernel; the service lets go of the lines while they run. */
import { checkout } from './guest-files.ts';
import { becomesReady, installed, type Scene } from './service-steps.ts';

export async function contractSteps({ machine, steps }: Scene): Promise<void> {
  const shell = machine.console;
  const needs = [installed];
  const contract = (file: string) => async (): Promise<string> => {
    const run = await shell.run(`cd ${checkout} && /usr/lib/goby/node --test-reporter=tap test/guest/${file}`);
    const passed = /^# pass (\d+)/m.exec(run.text)?.[1] ?? '0';
    if (run.code !== 0 || passed === '0') throw new Error(run.text.split('\n').slice(-60).join('\n'));
    return `${passed} passed, 0 failed`;
  };

  await steps.take(
    'both GPIO adapters keep the contract on a real kernel',
    async () => {
      await shell.must('/usr/lib/guest/link-packages; systemctl stop goby');
      return contract('switches-on-kernel.ts')();
    },
    { needs },
  );
  await steps.take('inputs keep the contract on a real kernel', contract('inputs-on-kernel.ts'), { needs });
  await shell.run(`systemctl start goby; ${becomesReady}`);
}
