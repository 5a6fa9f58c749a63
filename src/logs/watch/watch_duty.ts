/** What `imp watch` does besides looking after logs. It waits for nothing, and its times are those of Date.now(). */
export interface WatchDuty {
  /** Takes up what is new. @returns whether anything needs this process */
  update(): boolean;
  /** Does what is due. */
  work(): void;
  /** When that is to be called next. */
  readonly nextDue: number;
  /** Or when one of these is readable. */
  readonly fds: readonly number[];
  close(): void;
}
