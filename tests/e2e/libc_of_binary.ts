import type { Sandbox } from "./harness.ts";

/** Whether the executable is that for musl, whose libc reserves signal 34 besides 32 and 33. */
export async function isMusl(box: Sandbox): Promise<boolean> {
  return /^target .*-musl$/m.test((await box.imp(["version", "--verbose"])).stdout);
}

/** The signals among 34 and up that imp cannot forward, as Python prints them in a list. */
export async function notForwarded(box: Sandbox): Promise<string> {
  return await isMusl(box) ? "34" : "";
}
