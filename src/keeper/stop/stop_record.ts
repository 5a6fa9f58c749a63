import type { ImpError } from "../../base/errors.ts";
import type { Ending } from "../../libc/processes/wait.ts";
import type { KeptPlace } from "../home.ts";
import { noteStopped } from "../records/end_of_records.ts";
import type { Intent } from "../records/intent.ts";
import { writeIntent } from "../records/kept_records.ts";
import { refusedByDisk } from "../records/record_file.ts";

/** What a stop records, and what a full or read-only disk has refused. */
export class StopRecord {
  private intent?: ImpError;
  private state?: ImpError;

  /**
   * @param command in words, without the name
   * @param isNeeded do nothing that is not recorded
   */
  constructor(
    private readonly place: KeptPlace,
    private readonly command: string,
    private readonly isNeeded: boolean,
  ) {}

  /** The intent is not recorded. */
  get isMissing(): boolean {
    return this.intent !== undefined;
  }

  /** @throws ImpError if it cannot be recorded, and must be */
  want(intent: Intent): void {
    this.intent = refusedByDisk(() => writeIntent(this.place, intent));
    if (this.intent && this.isNeeded) throw this.intent;
  }

  /** The daemon is stopped. @param intent the recorded one */
  noteEnd(intent: Intent, ending?: Ending): void {
    const { place, command } = this;
    const by = this.isMissing ? `${command} ${place.name}` : intent.by;
    this.state = refusedByDisk(() => noteStopped(place, { ...intent, by }, ending));
  }

  /** What is not recorded and what that means, for the user; undefined: everything is. */
  get missing(): string | undefined {
    const { intent, state, place: { name } } = this;
    if (intent) {
      return `that it is to stay stopped could not be recorded: ${intent.message}; ` +
        `imp boot would start it again: repeat imp stop ${name} when that is possible again`;
    }
    return state &&
      `it stays stopped, but how it ended could not be recorded: ${state.message}`;
  }
}
