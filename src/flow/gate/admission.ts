/** Whether a frame goes on to an inference. The noun that the gate hands on. */
export interface Admission {
  readonly admitted: boolean;
  /**
   * Present where the frame was admitted unseen: lets the gate look at it after all, which is not to hold the inference up.
   * To be called while frame.bytes are valid; they are not read after it resolved. Never rejects.
   */
  learn?(): Promise<unknown>;
}
