/** The comparison of an agent's models, and the requests of the page for it. It imports nothing of the workshop. */
import type { LoadedConfig } from '../../config/load.ts';
import type { RequestHandler } from '../../flow/publish/request.ts';
import type { Logger } from '../../logger.ts';
import { gobyChild } from '../children/goby-child.ts';
import { comparisonRequests } from '../requests/comparison-requests.ts';
import type { ModelsPort } from '../requests/model-requests.ts';
import { ModelComparison } from './model-comparison.ts';

export interface AgentComparison {
  readonly requests: Readonly<Record<string, RequestHandler>>;
  stop(): Promise<void>;
}

/** Enough for a median on a slow board, and a minute for all models together. */
const secondsEach = 3;

export function createAgentComparison({
  loaded,
  models,
  logger,
}: {
  readonly loaded: Pick<LoadedConfig, 'places' | 'file'>;
  readonly models: Pick<ModelsPort, 'list'>;
  readonly logger: Logger;
}): AgentComparison {
  const comparison = new ModelComparison({
    logger,
    command: (task, names) =>
      gobyChild(loaded, [
        ...['compare', ...names, '--json', '--duration', String(secondsEach)],
        ...(task === 'detect' ? ['--detectors'] : []),
      ]),
  });
  return {
    requests: comparisonRequests({ comparison, models: () => models.list() }),
    stop: () => comparison.stop(),
  };
}
