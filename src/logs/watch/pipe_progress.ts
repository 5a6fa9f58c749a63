/** What a reader of a pipe has done at once. */
export interface PipeProgress {
  readonly moved: number;
  /** The pipe is empty, and nobody has it open for writing. */
  readonly end: boolean;
  /** It could not write: to be tried again soon. */
  readonly errno?: number;
}
