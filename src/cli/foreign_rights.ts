import { ImpError } from "../base/errors.ts";
import { EXIT } from "../base/exit_codes.ts";
import { rightsOfFile } from "../libc/users/foreign_rights.ts";
import { reportError } from "./report.ts";

/**
 * Refuses to run with rights that the executable has and its caller lacks: environment, directory and descriptors are
 * the caller's, and no runtime distrusts them.
 * @returns the exit status; undefined if only a security module changed the domain (as SELinux does when starting any
 *   service), which gives the caller nothing
 */
export async function reportForeignRights(): Promise<number | undefined> {
  const right = rightsOfFile();
  if (right === undefined) return undefined;
  const error = new ImpError({
    action: "run",
    why: `imp is installed ${right.installed}, and would lend its rights to whoever calls it`,
    hint: `take them off its file (${right.cure}); use sudo or doas for what needs rights`,
    exit: EXIT.failed,
  });
  return await reportError(error, "imp");
}
