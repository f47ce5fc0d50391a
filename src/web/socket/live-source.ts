/** Where the page's pictures come from: the frames that were looked at, with all that was found in them. */

export interface LivePicture {
  readonly camera: string;
  /** What was seen in this very frame, ready to be written as JSON: see flow/view/live-frame.ts. */
  readonly seen: object;
  readonly jpeg: Uint8Array;
}

export interface LiveSource {
  readonly cameras: readonly string[];
  /**
   * Pictures of one camera until the returned function is called: at most `perSecond`; while nothing moves a still now and then,
   * unless `always` is asked.
   */
  watch(
    camera: string,
    wish: { readonly perSecond: number; readonly always: boolean },
    show: (picture: LivePicture) => void,
  ): () => void;
}
