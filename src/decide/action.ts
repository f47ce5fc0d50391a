/** An action: what an output should do now, and why. The noun that decide/ hands on. */

export type Action = { readonly output: string; readonly reason: string } & (
  | { readonly kind: 'on' }
  | { readonly kind: 'off' }
  /** On for durationMs, then off. */
  | { readonly kind: 'pulse'; readonly durationMs: number }
  /** Toggles every half period, until durationMs is over (absent: until off). */
  | { readonly kind: 'blink'; readonly periodMs: number; readonly durationMs?: number }
);
