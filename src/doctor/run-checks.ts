/** Runs checks side by side and gives their findings in order, each as soon as those before it are told. */
import { isExpected, sentence } from '../errors.ts';
import { type Finding, fail } from './finding.ts';

export interface Check {
  readonly part: string;
  readonly run: () => Promise<readonly Finding[]>;
}

/** A check that throws, or takes longer than `timeoutMs`, becomes a finding of its own: doctor itself never fails. */
export async function* runChecks(checks: readonly Check[], timeoutMs = 30_000): AsyncGenerator<Finding> {
  const running = checks.map((check) => guarded(check, timeoutMs));
  for (const findings of running) yield* await findings;
}

async function guarded({ part, run }: Check, timeoutMs: number): Promise<readonly Finding[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<readonly Finding[]>((resolve) => {
    timer = setTimeout(
      () => resolve([fail(part, `This check gave no answer within ${timeoutMs / 1000} s.`)]),
      timeoutMs,
    );
  });
  try {
    return await Promise.race([run(), late]);
  } catch (error) {
    const told = isExpected(error) ? sentence(error) : `This check itself failed: ${sentence(error)}.`;
    return [fail(part, told)];
  } finally {
    clearTimeout(timer);
  }
}
