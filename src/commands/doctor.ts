/** `goby doctor`: is everything usable, and how to mend what isn't? One line for each part. */
import { Command } from 'commander';
import { renderUnicodeCompact } from 'uqr';
import { addConfigOptions, type ConfigOptions, configFrom } from '../config/config-options.ts';
import { examine } from '../doctor/examine.ts';
import { type Finding, findingLine } from '../doctor/finding.ts';
import { networkAddresses, pageAddress } from '../doctor/page.ts';
import { rootFacts } from '../doctor/root-facts.ts';
import { exitCode, isExpected } from '../errors.ts';
import { maskAddresses } from '../text/addresses.ts';
import { printable } from '../text/printable.ts';
import { leaveRootFor } from './options/leave-root.ts';

export function doctorCommand(): Command {
  return addConfigOptions(
    new Command('doctor').description("is everything usable, and how to mend what isn't: one line for each part"),
  )
    .option('--json', 'print the findings as JSON')
    .addHelpText(
      'after',
      `
While the agent runs, doctor asks it and opens neither camera, nor Edge TPU, nor GPIO. The service's own state is
seen by root and by the group goby.

Examples:
  sudo goby doctor
  goby doctor --config goby.yaml --json

Exit code: 0 when nothing failed (a warning is no failure), 1 otherwise.`,
    )
    .action(async ({ json = false, ...options }: ConfigOptions & { json?: boolean }) => {
      const asked = await rootFacts();
      leaveRootFor(options);
      const findings: Finding[] = [];
      for await (const finding of examine(options, asked)) {
        findings.push(finding);
        if (!json) console.log(printable(maskAddresses(findingLine(finding))));
      }
      const healthy = findings.every(({ level }) => level !== 'fail');
      const address = pageQr(options);
      if (!json && process.stdout.isTTY === true && address !== undefined) {
        console.log(`\n${renderUnicodeCompact(address)}\n${address}`);
      }
      if (json) console.log(maskAddresses(JSON.stringify({ ok: healthy, findings }, undefined, 2)));
      process.exitCode = healthy ? exitCode.ok : exitCode.failed;
    });
}

/** The page's address for a phone, where there is one. */
function pageQr(options: ConfigOptions): string | undefined {
  try {
    return pageAddress(configFrom(options).config.web, networkAddresses());
  } catch (error) {
    // That the configuration can't be used is a finding already.
    if (!isExpected(error)) throw error;
    return undefined;
  }
}
