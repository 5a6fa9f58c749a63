import { Ending } from "../../group/ending.ts";
import { Guard } from "../../group/guard.ts";
import { TaggedTree } from "../../group/tagged_tree.ts";
import { closeFile } from "../../libc/files.ts";
import { makeLeash } from "../../libc/leash.ts";
import type { Bytes } from "../../libc/spawn.ts";
import { tryWait } from "../../libc/wait.ts";
import { runtime } from "../../runtime/mod.ts";

/** Every daemonic process and all that it starts have it: the ids of the programs that they must not outlive. */
export const DAEMONIC_TAG = "IMP_DAEMONIC_ID";

const SIGTERM = 15;
/** How long daemonic processes may take to end once they are asked to; then they are killed. */
export const GRACE_MS = 5000;

/** What a new daemonic process is given. */
export interface Binding {
  readonly environment: Bytes[];
  /** A descriptor by which it ends when both this process and the guard have died: {@link wearLeash}. */
  readonly leash: number;
}

/**
 * All daemonic processes of this program, with whatever they have started. When this process is killed in a way that
 * leaves it no time to end them, a guard does it; when the guard is killed too, the kernel does.
 */
export class DaemonicTree {
  private guard: Guard | undefined;
  private tree: TaggedTree | undefined;
  private leash: readonly [worn: number, held: number] = [-1, -1];

  /** For a new daemonic process; starts the guard. @throws ImpError when that is not possible */
  bind(environment: readonly Bytes[]): Binding {
    const guard = this.guard ??= this.begin();
    if (guard.pid < 0) guard.start();
    else if (tryWait(guard.pid) !== "running") guard.replace();
    return { environment: guard.tagged(environment), leash: this.leash[0] };
  }

  /** Whether there may be any. */
  get begun(): boolean {
    return this.guard !== undefined;
  }

  /**
   * Asks all of it to end, then kills; to be advanced until it is over.
   * @param roots the daemonic processes themselves
   * @param held those that are left out, while all that is below them is not
   */
  ending(roots: readonly number[], held: readonly number[]): Ending {
    for (const pid of roots) this.tree?.note(pid);
    const scope = () => this.tree?.scope(held) ?? {};
    return new Ending(scope, [{ signal: SIGTERM, wait: GRACE_MS }], runtime.now());
  }

  /** What was found at the last look may have lost its parents by the next one. */
  remember({ left }: Ending): void {
    this.tree?.remember(left);
  }

  /** Nothing is left. */
  dismiss(): void {
    this.guard?.dismiss();
    this.guard = this.tree = undefined;
    for (const fd of this.leash) closeFile(fd);
  }

  private begin(): Guard {
    this.leash = makeLeash();
    const guard = new Guard({
      command: "process",
      tag: DAEMONIC_TAG,
      self: guardCommand(),
      holds: this.leash[1],
    });
    this.tree = new TaggedTree(DAEMONIC_TAG, guard.id);
    return guard;
  }
}

/** The guard becomes imp when this process is gone. */
function guardCommand(): string[] {
  if (runtime.compiled) return [...runtime.selfCommand(), "guard"];
  return [
    ...runtime.moduleCommand(new URL("../../child_main.ts", import.meta.url).href),
    "guard",
  ];
}
