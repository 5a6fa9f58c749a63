import { UsageError } from "../../base/errors.ts";
import type { Given } from "../../cli/options.ts";
import type { PermissionWords } from "../../hosts/worker/permissions.ts";
import type { RULE_OPTIONS } from "./options.ts";

/** What a worker runs, as whom and where. */
export interface WorkerRules {
  /** Undefined: everything. */
  readonly permissions?: PermissionWords;
  /** `USER[:GROUP]`. */
  readonly user?: string;
  readonly workdir?: string;
}

/** @throws UsageError */
export function workerRules(values: Given<typeof RULE_OPTIONS[number]>): WorkerRules {
  const programs = values.texts("allow");
  const variables = values.texts("allow-env");
  const calls = values.has("allow-calls");
  const isLimited = programs.length > 0 || calls;
  if (values.has("allow-any") && isLimited) {
    const other = calls ? "allow-calls" : "allow";
    throw new UsageError(`--${other} and --allow-any cannot be used together`);
  }
  if (variables.length > 0 && !isLimited) {
    throw new UsageError(
      "--allow-env goes with --allow: without --allow, jobs may set any variable",
    );
  }
  if (programs.includes("")) throw new UsageError("--allow needs a name, and it is empty");
  for (const name of variables) {
    if (!/^[A-Za-z_]\w*$/.test(name)) {
      throw new UsageError(`${JSON.stringify(name)} is not the name of a variable`);
    }
  }
  const [user, workdir] = [values.text("user"), values.text("workdir")];
  if (user === "") throw new UsageError("--user needs a name, and it is empty");
  if (workdir === "") throw new UsageError("--workdir needs a name, and it is empty");
  return {
    permissions: isLimited
      ? { programs, calls, variables, confined: workdir !== undefined }
      : undefined,
    user,
    workdir,
  };
}

/** The same rules as options for another imp worker. */
export function wordsOfRules({ permissions, user, workdir }: WorkerRules): string[] {
  return [
    ...permissions?.programs.map((program) => `--allow=${program}`) ?? [],
    ...permissions?.calls ? ["--allow-calls"] : [],
    ...permissions?.variables.map((name) => `--allow-env=${name}`) ?? [],
    ...user === undefined ? [] : [`--user=${user}`],
    ...workdir === undefined ? [] : [`--workdir=${workdir}`],
  ];
}
