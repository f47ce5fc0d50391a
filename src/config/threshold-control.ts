/** The name of the control that sets a camera's minScore; part of control/<name>/state. */

/** Cameras with very long names share their beginning: a topic level has 64 letters at most. */
export function thresholdControl(camera: string): string {
  const suffix = '-min-score';
  return `${camera.slice(0, 64 - suffix.length)}${suffix}`;
}
