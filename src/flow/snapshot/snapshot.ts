/** A snapshot: the best moment of an event, or a frame someone asked for, as a JPEG. The noun that snapshot/ hands on. */

export interface Snapshot {
  readonly camera: string;
  /** Of the event it shows; absent when someone asked for it. */
  readonly label?: string;
  readonly jpeg: Uint8Array;
  /** The same picture in at most so many bytes; undefined: nothing would be left to see. */
  readonly smaller?: (mostBytes: number) => Promise<Uint8Array | undefined>;
  /** Wall clock of the frame, ms since 1970. */
  readonly capturedAtMs: number;
  /** Where it is kept on disk; absent when none is kept. */
  readonly file?: string;
}
