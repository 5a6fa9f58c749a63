import { debug } from "../../base/diagnostics.ts";
import { ImpError } from "../../base/errors.ts";
import { bootId } from "../../procfs/boot.ts";
import { readVariable } from "../../procfs/cmdline.ts";
import { identityOf } from "../../termination/identity.ts";
import type { KeptPlace } from "../home.ts";
import type { KeeperPage } from "../waiter/keeper_page.ts";
import { KEPT_TAG } from "../tree/kept_marks.ts";
import type { Intent } from "../records/intent.ts";
import { recordOf, writeKeptState } from "../records/kept_records.ts";
import type { KeptSettings } from "../records/kept_settings.ts";
import type { KeptState } from "../records/kept_state.ts";
import { stateInPage } from "../records/page_state.ts";
import {
  readIntentRecord,
  readSettingsRecord,
  readStateRecord,
  type RecordReading,
} from "../records/reading.ts";
import { firstKeptState } from "../policy/state.ts";

/** Belongs to no process of any boot. */
const NEVER = -1;

/** For a daemon that has lost its settings: it ends with its program, and nothing is started. */
const NO_SETTINGS: KeptSettings = {
  schema: 1,
  ...{ name: "", words: [], directory: "/", umask: 0o022, environment: [], clearEnvironment: true },
  ...{ environmentFiles: [], limits: [], noChildren: false, noNewPrivileges: false },
  ...{ log: { keep: 0, format: "raw", target: "file" }, ready: [], readyTimeoutMs: 30_000 },
  ...{ restart: "no", backoff: { firstMs: 100, mostMs: 30_000 }, success: [], startMs: 0 },
  ...{ stop: [{ signal: 15, wait: 10_000 }], killMode: "tree", hooks: {}, forking: false },
};

/** A daemon's records as a turn finds and leaves them. */
export class TurnRecords {
  settings: KeptSettings = NO_SETTINGS;
  /** Why there are no settings. */
  lost?: string;
  /** The state could not be written; the page has it. */
  unsaved = false;
  intent!: Intent;
  private now!: KeptState;
  private written?: KeptState;
  private isLost = false;

  constructor(readonly place: KeptPlace, private readonly page: KeeperPage) {}

  get state(): KeptState {
    return this.now;
  }

  set state(state: KeptState) {
    this.now = state;
  }

  /** Whether its first run may come long after its keeper. */
  get startsLater(): boolean {
    const { schedule, onDemand, onChange, startsAfter } = this.settings;
    return [schedule, onDemand, startsAfter].some(Boolean) || onChange?.postponed === true;
  }

  /**
   * Reads what others may have changed. The state is this turn's after the first reading.
   * @param begun a keeper has just begun
   * @throws ImpError if a newer imp has written a record: then nothing is done
   */
  read(begun: boolean): void {
    const { name, directory } = this.place;
    const settings = usable(readSettingsRecord(directory), `the settings of '${name}'`);
    this.settings = typeof settings === "string" ? NO_SETTINGS : settings;
    this.lost = typeof settings === "string" ? settings : undefined;
    const isFirst = this.now === undefined;
    if (isFirst) this.readState(begun);
    const intent = usable(readIntentRecord(directory), `what '${name}' is to do`);
    const { intentSerial: serial, startSerial } = this.now;
    this.intent = typeof intent === "string"
      ? { schema: 1, wanted: "run", serial, startSerial, by: "imp", at: 0 }
      : intent;
    if (isFirst) this.believePage();
  }

  /** A full disk does not prevent a start: the page has the state until there is room again, perhaps in this turn. */
  save(): void {
    if (this.now === this.written) return;
    try {
      writeKeptState(this.place, this.now);
      this.unsaved = false;
      if (this.page.text !== undefined) this.page.leaveText(undefined);
      this.written = this.now;
    } catch (error) {
      if (!(error instanceof ImpError)) throw error;
      debug("keeper", "the state cannot be written", { error: error.message });
      leaveInPage(this.page, this.now);
      this.unsaved = true;
    }
  }

  /** Who keeps it now. */
  noteWaiters(): void {
    const { guard, keeper } = this.now;
    const { page } = this;
    if ((guard?.pid ?? 0) === page.guard && (keeper?.pid ?? 0) === page.keeper) return;
    const identity = (pid: number) => pid > 0 ? identityOf(pid) : undefined;
    this.now = { ...this.now, guard: identity(page.guard), keeper: identity(page.keeper) };
  }

  private readState(begun: boolean): void {
    const { name, directory } = this.place;
    const reading = usable(readStateRecord(directory), `the state of '${name}'`);
    const onDisk = typeof reading === "string" ? undefined : reading;
    const inPage = stateInPage(this.page, onDisk);
    const found = inPage ?? onDisk;
    const boot = begun || !found ? bootId() ?? "" : found.bootId;
    this.now = found ?? firstKeptState(boot);
    this.isLost = found === undefined;
    // The page's state is written as soon as possible.
    this.written = inPage ? undefined : found;
    if (this.now.bootId !== boot) {
      const { program } = this.now;
      const none = { guard: undefined, keeper: undefined };
      const gone = program && { pid: program.pid, startTicks: NEVER };
      this.now = { ...this.now, ...none, bootId: boot, program: gone };
    }
  }

  /** The page shows a program unknown to the state: that could not be written, or is lost. */
  private believePage(): void {
    const { program: pid } = this.page;
    if (pid === 0 || pid === this.now.program?.pid) return;
    const program = identityOf(pid);
    if (!program) return;
    const runId = readVariable(pid, KEPT_TAG)?.split(":").at(-1);
    const { startedAt = Date.now(), readyAt = startedAt } = this.now;
    // A lost state does not say for which start it runs: it must not be restarted for that.
    const { startSerial } = this.isLost ? this.intent : this.now;
    this.now = { ...this.now, phase: "running", program, runId, startedAt, readyAt, startSerial };
  }
}

/** With as many of the last runs as fit. */
function leaveInPage(page: KeeperPage, state: KeptState): void {
  for (let runs = state.runs; !page.leaveText(JSON.stringify({ ...state, runs }));) {
    if (runs.length === 0) return;
    runs = runs.slice(1);
  }
}

/** @returns what is wrong with it, in a sentence @throws ImpError for a newer imp's */
function usable<T>(reading: RecordReading<T>, what: string): T | string {
  if (reading.is === "missing") return `${what} are missing`;
  try {
    return recordOf(reading, what)!;
  } catch (error) {
    if (reading.is === "newer" || !(error instanceof ImpError)) throw error;
    return error.message;
  }
}
