// What is known about the owner's commands without running them.
import type { KeptSettings } from "../records/kept_settings.ts";

export type HookName = keyof KeptSettings["hooks"];

/** The option that names each. */
export const HOOK_OPTIONS: Readonly<Record<HookName, string>> = {
  ...{ pre: "pre", post: "post", stop: "stop-cmd", reload: "reload-cmd" },
  ...{ onFail: "on-fail", onUnhealthy: "on-unhealthy" },
};

/** The working directory of the owner's commands: the daemon's, but never in its `--chroot`. */
export function directoryOfCommands(
  { chroot, directory }: Pick<KeptSettings, "chroot" | "directory">,
): string {
  return chroot === undefined ? directory : "/";
}
