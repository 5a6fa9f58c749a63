import { ImpError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { print, warn } from "../../cli/output.ts";
import { printable } from "../../cli/printable.ts";
import { diesOfReader } from "../../cli/report.ts";
import { asCatatonit } from "../../init/as_catatonit.ts";
import { asDumbInit } from "../../init/as_dumb_init.ts";
import { asTini } from "../../init/as_tini.ts";
import { runInit } from "../../init/init.ts";
import type { StandIn } from "../../init/stand_in.ts";
import { ownPid } from "../../libc/processes/process.ts";
import { rawWords } from "../../libc/processes/process_image.ts";
import { runtime } from "../../runtime/mod.ts";
import { exitLike, observe } from "./command.ts";

/** imp called as tini. */
export function runAsTini(words: readonly string[]): Promise<number> {
  return runStandIn("tini", asTini(words, runtime.env, ownPid(), rawWords));
}

/** imp called as dumb-init. */
export function runAsDumbInit(words: readonly string[]): Promise<number> {
  return runStandIn("dumb-init", asDumbInit(words, runtime.env, ownPid(), rawWords));
}

/** imp called as catatonit. */
export function runAsCatatonit(words: readonly string[]): Promise<number> {
  return runStandIn("catatonit", asCatatonit(words, runtime.env, ownPid(), rawWords));
}

async function runStandIn(name: string, wanted: StandIn): Promise<number> {
  try {
    if (wanted.do === "pause") return await pause();
    return wanted.do === "print" ? say(name, wanted) : await start(name, wanted);
  } catch (error) {
    if (!(error instanceof ImpError)) throw error;
    if (await diesOfReader(error)) return EXIT.no;
    const lines = [`${name}: ${error.message}`, ...error.hint ? [`  ${error.hint}`] : []];
    warn(lines.map(printable).join("\n"));
    if (wanted.do !== "run") return EXIT.no;
    // The real ones know only the last error of execvp(3): that a directory may not be searched.
    const { exit, errno } = error.cause instanceof ImpError ? error.cause : error;
    return wanted.told.exitFor(exit, errno);
  }
}

async function pause(): Promise<number> {
  const { pauseUntilAsked } = await import("../../init/pause.ts");
  pauseUntilAsked();
  return EXIT.done;
}

function say(name: string, { text, to, exit }: StandIn & { do: "print" }): number {
  if (to === "stdout") print(text);
  else warn(exit === 0 ? text : `${name}: ${text.split("\n").map(printable).join("\n")}`);
  return exit;
}

async function start(name: string, { settings, told }: StandIn & { do: "run" }): Promise<number> {
  if (told.verbose) {
    const { enable } = await import("../../cli/diagnostics.ts");
    await enable();
  }
  const observer = observe(name, told.quiet, () => {
    if (told.warning && !told.quiet) warn(`${name}: ${told.warning}`);
  });
  return exitLike(await runInit(settings, observer), settings);
}
