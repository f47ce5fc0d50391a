/** What goby says of training: see agent/requests/training-requests.ts. */
export interface Report {
  readonly sha256: string;
  readonly labels: readonly string[];
  readonly perClass: readonly number[];
  readonly quantized: {
    readonly photos: number;
    readonly right: number;
    readonly accuracy?: number;
    /** [truth][said] photos. */
    readonly confusion: readonly (readonly number[])[];
    readonly mistakes: readonly {
      /** CLASS/FILE. */
      readonly photo: string;
      readonly truth: number;
      readonly said: number;
      readonly score: number;
    }[];
  };
  readonly interval?: { readonly low: number; readonly high: number };
  readonly notes: readonly string[];
}

export interface TrainingSet {
  readonly name: string;
  readonly classes: readonly { readonly name: string; readonly photos: number }[];
  readonly model?: { readonly name: string; readonly sha256: string };
  readonly report?: Report;
}

export interface Job {
  readonly set: string;
  readonly state: 'running' | 'done' | 'failed' | 'cancelled' | 'interrupted';
  readonly stage?: string;
  readonly share?: number;
  readonly error?: string;
}

/** A network to train on. */
export interface Base {
  readonly name: string;
  /** Of one look, in millions. */
  readonly multiplyAdds: number;
  /** In per cent. */
  readonly imagenetTop1: number;
  /** Else it is fetched first. */
  readonly here: boolean;
}

/** What a trained model says of one picture. */
export interface Trial {
  readonly picture: string;
  readonly scores: readonly { readonly label: string; readonly score: number }[];
  readonly invokeMs: number;
}

export interface Training {
  readonly sets: readonly TrainingSet[];
  readonly bases: readonly Base[];
  readonly job?: Job;
}

export interface CameraModel {
  readonly camera: string;
  readonly model: string;
  readonly sha256: string;
  readonly backend: string;
}

export interface KnownModel {
  readonly name: string;
  readonly task: string;
  readonly summary: string;
  readonly here: string;
  /** Absent: its file isn't here. */
  readonly sha256?: string;
}

export interface Models {
  readonly models: readonly KnownModel[];
  readonly cameras: readonly CameraModel[];
}

/** A model of a comparison: see agent/comparison/model-comparison.ts. */
export interface Compared {
  readonly name: string;
  readonly backend: string;
  readonly quantization: string;
  readonly bytes: number;
  readonly macs: number;
  readonly parameters: number;
  readonly compiledForEdgeTpu: boolean;
  readonly invokeMs: { readonly median: number; readonly p95: number };
  readonly memoryBytes?: number;
  readonly published?: { readonly float: { readonly top1: number } };
}

export interface ComparisonState {
  readonly task: 'classify' | 'detect';
  readonly state: 'running' | 'done' | 'failed';
  readonly comparison?: { readonly machine: string; readonly models: readonly Compared[]; readonly versions?: string };
  readonly error?: string;
}
