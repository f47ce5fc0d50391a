/** What is due without a new frame, looked at twice a second: stays end, rules fire, settings on trial are judged, cameras that see nothing are noticed. */
import type { Outputs } from '../flow/act/outputs.ts';
import type { CameraFlow } from '../flow/camera-flow.ts';
import type { Engine } from '../flow/infer/engine.ts';
import type { Health } from '../system/service/health.ts';
import type { Settings } from './settings/settings.ts';

export const roundMs = 500;

export interface RoundParts {
  readonly cameras: readonly Pick<CameraFlow, 'tick' | 'isBlind'>[];
  readonly settings: Pick<Settings, 'tick'>;
  readonly engine: Pick<Engine, 'isIdle'>;
  readonly health: Pick<Health, 'progress'>;
  readonly outputs: Pick<Outputs, 'safe'>;
  /** Lets rules look at what is in view. */
  review(nowMs: number): void;
}

/** @returns one round, at performance.now() ms */
export function createRounds(parts: RoundParts): (nowMs: number) => void {
  const { cameras, settings, engine, health, outputs, review } = parts;
  let wasBlind = false;
  return (nowMs) => {
    for (const camera of cameras) camera.tick(nowMs);
    review(nowMs);
    settings.tick();
    if (engine.isIdle) health.progress('worker');
    const isBlind = cameras.every((camera) => camera.isBlind(nowMs));
    if (isBlind && !wasBlind) outputs.safe('detections stopped');
    wasBlind = isBlind;
  };
}
