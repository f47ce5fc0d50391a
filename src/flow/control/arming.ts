/** Arming: controls that rules wait for, with time to leave the house, and their last state kept over restarts. */
import type { ControlConfig } from '../../config/controls-section.ts';
import type { Controls } from './controls.ts';
import type { StoredValues } from './stored-values.ts';

export interface Arming {
  /** Is the control on, and its delay over? False for a name that is no arming control. */
  isArmed(control: string): boolean;
}

export interface ArmingOptions {
  readonly config: Readonly<Record<string, ControlConfig>>;
  readonly controls: Controls;
  readonly stored: StoredValues;
  /** Monotonic, ms. */
  readonly now?: () => number;
}

/** Adds the configured arming controls to `controls`, each as it was last. A restart doesn't begin the delay anew. */
export function createArming({ config, controls, stored, now = () => performance.now() }: ArmingOptions): Arming {
  const armedFromMs = new Map<string, number>();
  for (const [name, { initial }] of Object.entries(config)) {
    const kept = stored.get(name);
    const value = typeof kept === 'boolean' ? kept : initial === 'on';
    if (value) armedFromMs.set(name, Number.NEGATIVE_INFINITY);
    controls.add({ name, kind: 'arming', value });
  }
  controls.onChange(({ name, value }) => {
    const control = Object.hasOwn(config, name) ? config[name] : undefined;
    if (control === undefined || typeof value !== 'boolean') return;
    if (value) armedFromMs.set(name, now() + control.delayMs);
    else armedFromMs.delete(name);
    stored.set(name, value);
  });
  return {
    isArmed: (control) => now() >= (armedFromMs.get(control) ?? Number.POSITIVE_INFINITY),
  };
}
