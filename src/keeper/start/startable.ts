import { daemonEnvironment } from "../../daemon/environment.ts";
import { findOwner, type Owner } from "../../daemon/owner.ts";
import { ImpError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { errnoNumber, errnoText } from "../../libc/calling/errno.ts";
import { ENOENT } from "../../libc/abi.ts";
import { statPath } from "../../libc/descriptors/stat.ts";
import { execError, findProgram } from "../../libc/processes/program_file.ts";
import { interpreters } from "../../libc/processes/program_format.ts";
import type { Bytes } from "../../libc/processes/spawn.ts";
import { parseHealthRule } from "../../ready/health_rule.ts";
import { parseReady } from "../../ready/rule.ts";
import { givenVariables } from "../turn/kept_environment.ts";
import { HOOK_OPTIONS, type HookName } from "../turn/commands_place.ts";
import type { KeptSettings } from "../records/kept_settings.ts";

/**
 * Checks everything that a start would fail for, before anything is written: program, user, directories, files of
 * variables, hooks.
 * @throws ImpError exit 126, 127: the program; 1, 125: anything else
 */
export function checkStartable(settings: KeptSettings, snapshot: readonly Bytes[]): void {
  const owner: Owner | undefined = settings.user === undefined
    ? undefined
    : findOwner(settings.user);
  const env = daemonEnvironment({
    inherited: settings.clearEnvironment ? undefined : snapshot,
    user: owner && (owner.entry ?? "unknown"),
    given: givenVariables(settings, owner?.uid),
  });
  const { chroot, directory } = settings;
  if (chroot !== undefined) refuseUnlessDirectory("change the root directory to", chroot);
  else {
    refuseUnlessDirectory("change directory to", directory);
    const file = findProgram(settings.words[0], env, "/");
    if (interpreters(file).some((path) => statPath(path) === "ENOENT")) {
      throw execError(file, ENOENT);
    }
  }
  for (const [hook, words] of Object.entries(settings.hooks)) {
    if (words) findFor(`--${HOOK_OPTIONS[hook as HookName]} '${words.join(" ")}'`, words[0], env);
  }
  const rules = [
    ...settings.ready.map((text) => ["--ready", parseReady(text)] as const),
    ...(settings.health?.rules ?? []).map((text) => ["--health", parseHealthRule(text)] as const),
  ];
  for (const [option, rule] of rules) {
    if (rule.kind !== "cmd") continue;
    findFor(`${option} 'cmd:${rule.words.join(" ")}'`, rule.words[0], env);
  }
}

function refuseUnlessDirectory(action: string, path: string): void {
  const status = statPath(path);
  if (typeof status !== "string" && status.kind === "directory") return;
  const errno = typeof status === "string" ? status : "ENOTDIR";
  const why = errnoText(errnoNumber(errno));
  throw new ImpError({ action, object: path, errno, why, exit: EXIT.failed });
}

/** Not the program itself: exit statuses 126 and 127 are not for these. */
function findFor(what: string, program: string, env: readonly Bytes[]): void {
  try {
    findProgram(program, env, "/");
  } catch (error) {
    if (!(error instanceof ImpError)) throw error;
    throw error.with({
      action: `use ${what}`,
      object: undefined,
      errno: undefined,
      why: error.message,
      exit: EXIT.no,
    });
  }
}
