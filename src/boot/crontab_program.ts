// This user's crontab, by crontab(1): nothing else may write it.
import { ImpError } from "../base/errors.ts";
import { EXIT } from "../base/exit_codes.ts";
import { runtime } from "../runtime/mod.ts";

/** @param program the file of crontab(1). @returns no bytes if the user has none. @throws ImpError */
export async function readCrontab(program: string): Promise<Uint8Array> {
  const { code, stdout, stderr } = await run([program, "-l"]);
  if (code === 0) return stdout;
  const why = firstLine(stderr);
  // That is not an error, and all of them say so in these words; busybox says that the file does not exist.
  if (/no crontab for|no such file/i.test(why)) return new Uint8Array();
  throw failed("read", why, code);
}

/** Replaces it and verifies the result. If empty, it is removed. @throws ImpError */
export async function writeCrontab(program: string, crontab: Uint8Array): Promise<void> {
  const words = crontab.length === 0 ? ["-r"] : ["-"];
  const { code, stderr } = await run([program, ...words], crontab);
  if (code !== 0) throw failed("write", firstLine(stderr), code);
  const now = await readCrontab(program);
  if (now.length === crontab.length && now.every((byte, i) => byte === crontab[i])) return;
  throw failed("write", "crontab(1) reported success, but the crontab is a different one", code);
}

async function run(argv: readonly string[], stdin?: Uint8Array) {
  try {
    return await runtime.command(argv, { stdin });
  } catch (error) {
    throw failed("execute", error instanceof Error ? error.message : String(error), 0);
  }
}

function failed(action: string, why: string, code: number): ImpError {
  return new ImpError({
    action,
    object: "the crontab",
    why: why || `crontab(1) exited with ${code}`,
    exit: EXIT.failed,
  });
}

function firstLine(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes).split("\n").find((line) => line.trim() !== "") ?? "";
}
