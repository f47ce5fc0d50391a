/** What goby says of events: see agent/requests/event-requests.ts. */
export interface EventSummary {
  readonly id: string;
  readonly camera: string;
  readonly label: string;
  readonly score: number;
  readonly startMs: number;
  /** Absent while it lasts. */
  readonly endMs?: number;
  readonly zones: readonly string[];
  readonly fired?: readonly string[];
  readonly picture?: boolean;
}

export interface Names {
  readonly cameras: readonly string[];
  readonly labels: readonly string[];
  readonly zones: readonly string[];
}

export interface EventsAnswer {
  readonly events: readonly EventSummary[];
  readonly next?: string;
  readonly live?: readonly EventSummary[];
  readonly names?: Names;
}

type Value = string | number | boolean | readonly string[];

export interface Condition {
  readonly name:
    | 'camera'
    | 'label'
    | 'score'
    | 'size'
    | 'zone'
    | 'attribute'
    | 'dwell'
    | 'count'
    | 'armed'
    | 'schedule'
    | 'cooldown';
  readonly holds: boolean;
  readonly wanted: Value;
  readonly seen: Value;
}

export interface Verdict {
  readonly rule: string;
  readonly fired: boolean;
  readonly atMs: number;
  readonly conditions: readonly Condition[];
  readonly actions: readonly string[];
}

export interface EventRecord extends EventSummary {
  readonly endMs: number;
  /** It is still there, and may change. */
  readonly lasts?: boolean;
  readonly reason: string;
  readonly crossings: readonly { readonly line: string; readonly direction: 'in' | 'out'; readonly atMs: number }[];
  readonly estimates?: readonly { readonly name: string; readonly value?: string | number; readonly score?: number }[];
  readonly backend: string;
  readonly modelSha256: string;
  readonly scores: readonly (readonly [number, number])[];
  readonly verdicts: readonly Verdict[];
  readonly messages: readonly {
    readonly type: string;
    readonly sequence: number;
    readonly atMs: number;
    readonly takenMs?: number;
  }[];
  readonly furtherMessages: number;
}
