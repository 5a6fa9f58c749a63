import { runChild } from "./multiprocessing/child.ts";

/** What a process does that was started by {@link Process}. */
export async function childMain([, given]: readonly string[]): Promise<void> {
  const own = {
    "imp:pool": () => import("./multiprocessing/pool_child.ts"),
    "imp:lab": () => import("./lab/programs/targets.ts"),
  };
  await runChild({ api: () => import("./mod.ts"), own, given: Number(given) });
}
