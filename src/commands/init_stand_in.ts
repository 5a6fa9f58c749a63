import { ImpError } from "../base/errors.ts";
import { print, warn } from "../cli/output.ts";
import { asDumbInit } from "../init/as_dumb_init.ts";
import { asTini } from "../init/as_tini.ts";
import { runInit } from "../init/init.ts";
import type { StandIn } from "../init/stand_in.ts";
import { ownPid } from "../libc/process.ts";
import { rawWords } from "../libc/process_image.ts";
import { runtime } from "../runtime/mod.ts";
import { exitLike, observe } from "./init_output.ts";

/** imp called as tini. */
export function runAsTini(words: readonly string[]): Promise<number> {
  return runStandIn("tini", asTini(words, runtime.env, ownPid(), rawWords));
}

/** imp called as dumb-init. */
export function runAsDumbInit(words: readonly string[]): Promise<number> {
  return runStandIn("dumb-init", asDumbInit(words, runtime.env, ownPid(), rawWords));
}

async function runStandIn(name: string, wanted: StandIn): Promise<number> {
  if (wanted.do === "print") {
    if (wanted.to === "stdout") print(wanted.text);
    else warn(wanted.exit === 0 ? wanted.text : `${name}: ${wanted.text}`);
    return wanted.exit;
  }
  const { settings, told } = wanted;
  if (told.verbose) {
    const { enable } = await import("../cli/diagnostics.ts");
    await enable();
  }
  const observer = observe(name, told.quiet, () => {
    if (told.warning && !told.quiet) warn(`${name}: ${told.warning}`);
  });
  try {
    return exitLike(runInit(settings, observer), settings);
  } catch (error) {
    if (!(error instanceof ImpError)) throw error;
    warn([`${name}: ${error.message}`, ...error.hint ? [`  ${error.hint}`] : []].join("\n"));
    // The real ones know only what execvp(3) says last: that a directory may not be searched.
    return told.exitFor(error.cause instanceof ImpError ? error.cause.exit : error.exit);
  }
}
