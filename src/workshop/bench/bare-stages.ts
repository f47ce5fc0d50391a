/** Stages that let everything pass, for measurements of the others. */
import type { PipelineParts, PipelineWatch } from '../../flow/pipeline.ts';

export const bareStages: Omit<PipelineParts, 'model' | 'sinks' | 'watch'> = {
  gate: { admits: () => Promise.resolve({ admitted: true }) },
  regions: {
    wants: () => false,
    plan: () => [],
    seen: () => undefined,
  },
  tracker: {
    update: () => ({ events: [], presences: [], best: [], tracked: [] }),
    tick: () => ({ events: [], presences: [], best: [], tracked: [] }),
    still: () => undefined,
    expected: () => [],
    end: () => ({ events: [], presences: [], best: [], tracked: [] }),
    reconfigure: () => undefined,
  },
  rules: { decide: () => [] },
  act: () => undefined,
  snapshots: { look: () => undefined, announce: () => undefined },
  secondStage: { annotate: (events) => events, see: (seen) => seen, onUpdate: () => undefined },
};

export const noWatch: PipelineWatch = {
  dropped: () => undefined,
  skipped: () => undefined,
  inferred: () => undefined,
  measured: () => undefined,
  failed: () => undefined,
};
