/** The other work of `imp watch`. It waits for nothing, and its times are those of Date.now(). */
export interface WatchDuty {
  /** Updates its tasks. @returns whether anything needs this process */
  update(): boolean;
  /** Does what is due. */
  work(): void;
  /** When to call it next. */
  readonly nextDue: number;
  /** Or when one of these is readable. */
  readonly fds: readonly number[];
  close(): void;
}
