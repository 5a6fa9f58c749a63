// The module of `imp pool --call` and all its imports, as one file for workers on other machines.
import { type ErrorParts, ImpError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { O_RDWR } from "../../libc/abi.ts";
import { closeFile, openFile, readToEnd } from "../../libc/descriptors/files.ts";
import { openPipe } from "../../libc/descriptors/pipe.ts";
import { FLOOR } from "../../libc/descriptors/reserved.ts";
import { ownFile } from "../../libc/processes/own_file.ts";
import { execError } from "../../libc/processes/program_file.ts";
import { rawEnvironment } from "../../libc/processes/process_image.ts";
import { spawn } from "../../libc/processes/spawn.ts";
import { describeEnding, waitFor } from "../../libc/processes/wait.ts";
import { runtime } from "../../runtime/mod.ts";
import { bytesOf } from "../bytes.ts";

/**
 * Made by a separate process: bundling starts threads, which would take a pool's signals, and needs memory.
 * @param module a path @returns the text of a module that needs no other file
 * @throws ImpError if it imports something that cannot be in one file
 */
export function bundleModule(module: string): Uint8Array {
  const [answer, theirs] = openPipe(FLOOR.job);
  const nothing = openFile("/dev/null", O_RDWR);
  const argv = [...runtime.selfCommand(), "pool-call-bundle", "--", module];
  const path = ownFile();
  const descriptors = [[nothing, 0], [theirs, 1], [2, 2]] as const;
  const pid = spawn({ path, argv, env: rawEnvironment(), descriptors });
  closeFile(theirs);
  closeFile(nothing);
  if (pid < 0) {
    closeFile(answer);
    throw execError(path, -pid).with({ exit: EXIT.failed });
  }
  const said = readToEnd(answer, "the bundle");
  closeFile(answer);
  const ending = waitFor(pid)?.ending;
  const bundle = ending?.how === "exit" && ending.code === EXIT.done && bundleIn(said);
  if (bundle) return bundle;
  const how = ending ? describeEnding(ending) : "it is gone";
  const why = `the process that bundles it did not come to its end: ${how}`;
  throw new ImpError({ ...BUNDLE, object: module, why });
}

const BUNDLE = { action: "bundle", exit: EXIT.cannotExecute } as const;
const DONE = 1, FAILED = 2;

/** The answer of the bundling process: the module's text, or an error. */
export async function bundleAnswer(module: string, path: string): Promise<Uint8Array> {
  const outcome = await runtime.bundle(path);
  if ("text" in outcome) return tagged(DONE, outcome.text);
  const [why, ...others] = outcome.problems;
  const parts: ErrorParts = {
    ...{ ...BUNDLE, object: module, why },
    details: others.map((other) => `  ${other}`),
    hint: hintFor(why),
  };
  return tagged(FAILED, JSON.stringify(parts));
}

function tagged(kind: number, text: string): Uint8Array {
  const encoded = bytesOf(text);
  const bytes = new Uint8Array(1 + encoded.length);
  bytes[0] = kind;
  bytes.set(encoded, 1);
  return bytes;
}

function hintFor(why: string): string {
  const place = "for other machines a module and all that it imports become one file";
  return /resolve: "(?!\.)/.test(why)
    ? `${place}: packages are looked for in node_modules beside it and above, and nothing is downloaded`
    : place;
}

/** @returns undefined if the answer is incomplete @throws ImpError that it reported */
function bundleIn(said: Uint8Array): Uint8Array | undefined {
  const bytes = said.subarray(1);
  if (said[0] === FAILED) throw new ImpError(JSON.parse(new TextDecoder().decode(bytes)));
  return said[0] === DONE ? bytes : undefined;
}
