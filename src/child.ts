import { runChild } from "./multiprocessing/process/child.ts";

const OWN = {
  "imp:pool": () => import("./multiprocessing/pool/child.ts"),
  "imp:manager": () => import("./multiprocessing/shared/manager_child.ts"),
  "imp:lab": () => import("./lab/programs/targets.ts"),
};
const api = () => import("./mod.ts");

/** Entry point of a process started by {@link Process}. */
export async function childMain([, given]: readonly string[]): Promise<void> {
  await runChild({ api, own: OWN, given: Number(given) });
}

/** Entry point of a thread started by {@link Thread}. */
export async function threadMain(): Promise<void> {
  const { runThread } = await import("./multiprocessing/thread/thread_child.ts");
  await runThread({ api, own: OWN });
}
