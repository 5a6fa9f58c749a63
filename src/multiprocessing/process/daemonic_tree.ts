import { Guard } from "../../termination/guard.ts";
import { hasId, TaggedTree } from "../../termination/tagged_tree.ts";
import { closeFile } from "../../libc/descriptors/files.ts";
import { makeLeash } from "../../libc/processes/leash.ts";
import type { Bytes } from "../../libc/processes/spawn.ts";
import { tryWait } from "../../libc/processes/wait.ts";
import { readStat } from "../../procfs/stat.ts";
import { runtime } from "../../runtime/mod.ts";

/** Set in every daemonic process and all that it starts: the ids of the programs that they must not outlive. */
const DAEMONIC_TAG = "IMP_DAEMONIC_ID";

/** What a new daemonic process receives. */
export interface Binding {
  readonly environment: Bytes[];
  /** It identifies the process and everything it starts: an id of {@link DAEMONIC_TAG}. */
  readonly mark: string;
  /** A descriptor that makes it end when both this process and the guard have died: {@link wearLeash}. */
  readonly leash: number;
}

/**
 * All daemonic processes of this program, with everything they have started. If this process is killed without time to
 * end them, a guard does it; if the guard is killed too, the kernel does.
 */
export class DaemonicTree {
  private guard: Guard | undefined;
  private tree: TaggedTree | undefined;
  private started = 0;
  /** The marks of those that live, or may have started something that lives. */
  private readonly unproven = new Set<string>();
  private leash: readonly [worn: number, held: number] = [-1, -1];

  /** For a new daemonic process; starts the guard. @throws ImpError if that is not possible */
  bind(environment: readonly Bytes[]): Binding {
    const guard = this.guard ??= this.begin();
    // The event loop may not have run since the guard ended.
    if (guard.pid > 0 && tryWait(guard.pid) !== "running") guard.replace();
    if (guard.pid < 0) guard.start();
    const mark = `${guard.id}.${++this.started}`;
    this.unproven.add(mark);
    return { environment: guard.tagged(environment, mark), mark, leash: this.leash[0] };
  }

  /** All of it; undefined if there can be nothing. */
  get all(): TaggedTree | undefined {
    return this.tree;
  }

  /** A process was stopped, had nothing below it and was killed: nothing of it can be left. */
  noteWhole(mark: string): void {
    this.unproven.delete(mark);
  }

  /** Whether that holds for every one: then /proc need not be searched. */
  get whole(): boolean {
    return this.unproven.size === 0;
  }

  /** Nothing is left. */
  dismiss(): void {
    this.guard?.dismiss();
    this.guard = this.tree = undefined;
    this.unproven.clear();
    for (const fd of this.leash) closeFile(fd);
  }

  private begin(): Guard {
    this.leash = makeLeash();
    const guard = new Guard({
      command: "process",
      tag: DAEMONIC_TAG,
      self: guardCommand(),
      holds: this.leash[1],
      unattended: true,
    });
    this.tree = daemonicTree([guard.id]);
    return guard;
  }
}

/** The processes that carry ids made by this process. */
export function daemonicTree(ids: readonly string[]): TaggedTree {
  ownStart ??= readStat("self")?.startTicks;
  return new TaggedTree({ variable: DAEMONIC_TAG, matches: hasId(ids), since: ownStart });
}

let ownStart: number | undefined;

/** The guard becomes imp when this process is gone. */
function guardCommand(): string[] {
  if (runtime.compiled) return [...runtime.selfCommand(), "guard"];
  return [
    ...runtime.moduleCommand(new URL("../../child_main.ts", import.meta.url).href),
    "guard",
  ];
}
