/** request/models-compare and request/models-comparison: for the page alone, whose administrator may let the device work for a minute. */
import { z } from 'zod';
import { bareRequest, type RequestHandler, request, transaction } from '../../flow/publish/request.ts';
import type { ListedModel } from '../../models/listing.ts';
import type { ModelComparison } from '../comparison/model-comparison.ts';

export interface ComparisonPorts {
  readonly comparison: Pick<ModelComparison, 'start' | 'state'>;
  models(): Promise<readonly Pick<ListedModel, 'name' | 'task' | 'here'>[]>;
}

const page = { onlyFrom: 'page' } as const;

export function comparisonRequests({ comparison, models }: ComparisonPorts): Record<string, RequestHandler> {
  const state = (): object => (comparison.state === undefined ? {} : { ...comparison.state });
  return {
    'models-compare': request(
      z.looseObject({ transaction, task: z.enum(['classify', 'detect']) }),
      '{"task":"classify"} or {"task":"detect"}',
      async ({ task }) => {
        const isHere = ({ here }: Pick<ListedModel, 'here'>): boolean => here === 'yes' || here === 'yours';
        const found = (await models()).filter((model) => model.task === task && isHere(model));
        comparison.start(
          task,
          found.map(({ name }) => name),
        );
        return state();
      },
      { ...page, mostPerMinute: 6 },
    ),
    // Asked every second while one runs.
    'models-comparison': { ...bareRequest(state), ...page },
  };
}
