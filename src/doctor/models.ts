/** Is each model whole, and does it answer? */
import { inferencesWithin } from '../flow/inference-budget.ts';
import type { AgentStatus } from '../system/service/status.ts';
import { type Finding, fail, ok, warn } from './finding.ts';

/** What the running agent says of its engine and the models in it. */
export function engineFindings({ engine, health }: Pick<AgentStatus, 'engine' | 'health'>): Finding[] {
  const state =
    engine.state === 'ready'
      ? []
      : [(engine.state === 'stopped' ? fail : warn)('inference', `${engine.state}: ${engine.detail}`)];
  const models = health['models'];
  const fallback = models?.state === 'fallback' ? [warn('models', models.detail ?? 'A copy of a model runs.')] : [];
  return [
    ...state,
    ...fallback,
    ...engine.models.map(({ name, backend, sha256, threads }) =>
      ok(`model ${name}`, `Loaded on ${backend}${threadsText(threads)}, SHA-256 ${sha256.slice(0, 12)}.`),
    ),
  ];
}

function threadsText(threads: number | undefined): string {
  return threads === undefined ? '' : ` with ${threads} thread${threads === 1 ? '' : 's'}`;
}

export interface ModelFacts {
  /** As a camera names it. */
  readonly name: string;
  /** Sentence with its mend: why the model can't be resolved. */
  readonly problem?: string;
  readonly files: readonly {
    readonly path: string;
    /** Lower-case hex; absent: the file is not there. */
    readonly sha256?: string;
    readonly expectedSha256: string;
  }[];
  /** One inference through a worker; absent: it was not tried. */
  readonly golden?: GoldenOutcome;
  /** Cameras that look at parts of their frames with it; absent: none. */
  readonly regions?: { readonly cameras: number; readonly most: number } | undefined;
}

export type GoldenOutcome =
  | {
      readonly kind: 'answered';
      readonly backend: string;
      readonly threads?: number;
      readonly invokeMs: number;
      /** Why the Edge TPU did not answer, although the model has a file for it. */
      readonly passedOver?: string;
    }
  | { readonly kind: 'failed'; readonly problem: string };

/** What was found while no agent runs. */
export function checkModel({ name, problem, files, golden, regions }: ModelFacts): Finding {
  const part = `model ${name}`;
  if (problem !== undefined) return fail(part, problem);
  const pull = `Fetch it: goby models pull ${name}`;
  const missing = files.find((file) => file.sha256 === undefined);
  if (missing !== undefined) return fail(part, `${missing.path} is not there.`, pull);
  const wrong = files.find((file) => file.sha256 !== file.expectedSha256);
  if (wrong !== undefined)
    return fail(
      part,
      `${wrong.path} is not what it should be: SHA-256 ${wrong.sha256?.slice(0, 12)} in place of ${wrong.expectedSha256.slice(0, 12)}.`,
      pull,
    );
  const hashes = files.map((file) => file.expectedSha256.slice(0, 12)).join(' and ');
  const whole = `${files.length === 1 ? 'Whole' : `Both files whole`} (SHA-256 ${hashes})`;
  switch (golden?.kind) {
    case undefined:
      return warn(part, `${whole}; no inference was tried.`);
    case 'failed':
      return fail(part, `${whole}, but it gives no answer: ${golden.problem}`);
    case 'answered': {
      const answer = `${whole}; one inference on ${golden.backend}${threadsText(golden.threads)} took ${golden.invokeMs.toFixed(1)} ms.${regionsText(golden, regions)}`;
      return golden.passedOver === undefined ? ok(part, answer) : warn(part, `${answer} ${golden.passedOver}`);
    }
  }
}

/** Does the board keep up with looking at parts of each frame? */
function regionsText({ invokeMs }: { readonly invokeMs: number }, regions: ModelFacts['regions']): string {
  if (regions === undefined) return '';
  const { cameras, most } = regions;
  const within = inferencesWithin({ costMs: Math.max(0.1, invokeMs), intervalMs: 0, cameras });
  if (within < 1) return ' That is too slow for five frames a second: fewer frames are looked at, one part of each.';
  if (within === 1) return ' One part of each frame is looked at: at five frames a second there is no time for more.';
  return ` ${Math.min(within, most)} parts of each frame are looked at, with time for ${within} at five frames a second.`;
}

export interface RuntimeFacts {
  /** Path of the TensorFlow Lite C library. */
  readonly path: string;
  readonly there: boolean;
  /** Whether infer.library names it, rather than goby's own folder. */
  readonly configured: boolean;
  /** What TfLiteVersion says; absent: not asked. */
  readonly version?: string;
  /** Whether it has the XNNPACK delegate; absent: not asked. */
  readonly xnnpack?: boolean;
  /** End of a sentence that starts with the path: how it differs from the pinned one, or why it can't be loaded. */
  readonly problem?: string;
}

/** The library itself: the worker loads it; doctor asks it in a process of its own. */
export function checkRuntime({ path, there, configured, version, xnnpack, problem }: RuntimeFacts): Finding {
  const remedy = configured
    ? 'Correct infer.library, or remove it to use the library that goby fetches.'
    : 'Fetch it again: npm run build in the checkout, then install again; or install the package again.';
  if (!there) return fail('tensorflow lite', `The library ${path} is not there.`, remedy);
  if (problem !== undefined) return fail('tensorflow lite', `The library ${path} ${problem}.`, remedy);
  const told = `${path}${version === undefined ? '' : `, version ${version}`}`;
  if (xnnpack !== false) return ok('tensorflow lite', `${told}${xnnpack === undefined ? '' : ', with XNNPACK'}.`);
  return warn(
    'tensorflow lite',
    `${told}, without XNNPACK: models run on the CPU several times slower.`,
    'Use a build of the C library with XNNPACK, or remove infer.library to use the one that goby fetches.',
  );
}
