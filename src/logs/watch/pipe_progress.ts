/** What a pipe's reader has done in one go. */
export interface PipeProgress {
  readonly moved: number;
  /** The pipe is empty and has no writer. */
  readonly end: boolean;
  /** It could not write: retry soon. */
  readonly errno?: number;
}
