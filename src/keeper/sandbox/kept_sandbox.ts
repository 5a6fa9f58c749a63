import { ImpError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { errnoName, errnoText } from "../../libc/calling/errno.ts";
import { libc } from "../../libc/calling/load.ts";
import { readTextOrNothing } from "../../libc/descriptors/files.ts";
import { statPath } from "../../libc/descriptors/stat.ts";
import type { ChildStep } from "../../libc/processes/child_program.ts";
import { forkAndExecute } from "../../libc/processes/fork.ts";
import type { KeptSettings } from "../records/kept_settings.ts";
import { type Sandbox, sandboxSteps, TEMPORARY } from "./sandbox.ts";

/** Does not exist: a trial goes that far. */
const NOWHERE = "/proc/self/fd/-";

/** The steps of a daemon's sandbox for whoever runs this. */
export function stepsOfSandbox(sandbox: Sandbox): ChildStep[] {
  const { geteuid, getegid } = libc("geteuid", "getegid");
  const uid = geteuid();
  return sandboxSteps(sandbox, {
    root: uid === 0,
    uid,
    gid: getegid(),
    has: (path) => {
      const status = statPath(path);
      return typeof status !== "string" && status.kind === "directory";
    },
  });
}

/** Paths that it needs must not be in a directory that is empty for it. @throws ImpError */
export function refuseHidden(
  { privateTmp }: Sandbox,
  { name, words: [program], directory }: Pick<KeptSettings, "name" | "words" | "directory">,
): void {
  const hidden = (path: string) => TEMPORARY.some((one) => `${path}/`.startsWith(`${one}/`));
  const bad = privateTmp ? [directory, program].find(hidden) : undefined;
  if (bad === undefined) return;
  throw new ImpError({
    action: `start ${name} with --private-tmp`,
    why: `${bad} is below a directory that would be empty for it`,
    hint: bad === directory ? "let it work elsewhere: -C DIR" : "put the program elsewhere",
    exit: EXIT.no,
  });
}

/** Such a setting has no effect: another path was meant, or that everything else is read-only. @throws ImpError */
export function refuseIdleWritable({ readOnly = [], writable = [] }: Sandbox): void {
  const isBelow = (path: string) =>
    readOnly.some((one) => one === "/" || path.startsWith(`${one}/`));
  const idle = writable.find((path) => !isBelow(path));
  if (idle === undefined) return;
  throw new ImpError({
    action: "use --writable",
    object: idle,
    why: "it is not below a --read-only path",
    hint: `what is not --read-only can be written to: --read-only / --writable ${idle}`,
    exit: EXIT.no,
  });
}

/**
 * Tests in a child that executes nothing whether the kernel allows such a sandbox.
 * @throws ImpError: what is missing, and how to get it
 */
export function checkSandbox(sandbox: Sandbox): void {
  const words = ["true"] as const;
  const outcome = forkAndExecute([
    ...stepsOfSandbox(sandbox),
    { do: "execute", path: NOWHERE, argv: words, env: [] },
  ]);
  if ("pid" in outcome || outcome.failed.do === "execute") return;
  throw sandboxFailure(outcome.failed, outcome.code);
}

/** Why a step of a sandbox has failed. */
function sandboxFailure(step: ChildStep, code: number): ImpError {
  const errno = errnoName(code);
  const object = "path" in step && typeof step.path === "string" ? step.path : undefined;
  const parts = { exit: EXIT.no, errno };
  switch (step.do) {
    case "read-only":
    case "writable":
    case "bind":
      if (errno === "ENOSYS") {
        const why = "the kernel cannot make mounts read-only with all below them before Linux 5.12";
        return new ImpError({ ...parts, action: "make read-only", object, why });
      }
      return new ImpError({
        ...parts,
        action: step.do === "bind" ? "set --read-only or --writable for" : `make ${step.do}`,
        object,
        why: errnoText(code),
      });
    case "memory-files":
      return new ImpError({ ...parts, action: "give it its own", object, hint: userHint() });
    default:
      return new ImpError({
        ...parts,
        action: "make a sandbox",
        why: errno === "EPERM" || errno === "EACCES"
          ? `this host lets only root make user namespaces`
          : errno === "ENOSPC" || errno === "EUSERS"
          ? "no more namespaces may be made here"
          : errnoText(code),
        hint: userHint(),
      });
  }
}

function userHint(): string | undefined {
  if (libc("geteuid").geteuid() === 0) {
    return "this container, or a security module, does not allow it";
  }
  const value = (name: string) => readTextOrNothing(`/proc/sys/${name}`)?.trim();
  if (value("user/max_user_namespaces") === "0") {
    return "root can allow it: sysctl user.max_user_namespaces=10000";
  }
  if (value("kernel/unprivileged_userns_clone") === "0") {
    return "root can allow it: sysctl kernel.unprivileged_userns_clone=1";
  }
  if (value("kernel/apparmor_restrict_unprivileged_userns") === "1") {
    return "AppArmor restricts it; root can allow it: sysctl kernel.apparmor_restrict_unprivileged_userns=0";
  }
  return "this container, or a security module, does not allow it";
}
