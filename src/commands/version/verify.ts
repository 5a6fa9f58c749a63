import { EXIT } from "../../base/exit_codes.ts";
import { ImpError } from "../../base/errors.ts";
import { print, printJson } from "../../cli/output.ts";
import { readLink } from "../../libc/descriptors/files.ts";
import { runtime } from "../../runtime/mod.ts";
import { VERSION } from "../../version.ts";
import { checksumOf } from "./checksum.ts";

/** The running file, even if it was removed or replaced meanwhile. */
const SELF = "/proc/self/exe";
const AGAIN = "install it again from a release, and compare the file with its SHA256SUMS";

/** Prints whether the executable is as it was built. @returns the exit status */
export function verifyExecutable(json: boolean): number {
  if (!runtime.compiled) {
    const why = "imp runs from source, and there is no executable";
    throw new ImpError({ action: "verify", object: "imp", why });
  }
  const path = readLink(SELF) ?? SELF;
  const { file, written, found } = checksumOf(SELF);
  const whole = written !== undefined && written === found;
  if (json) {
    printJson({ path, version: VERSION, whole, sha256: file });
    return whole ? EXIT.done : EXIT.no;
  }
  if (!whole) {
    throw new ImpError({
      action: "verify",
      object: path,
      why: written === undefined
        ? "it does not end with its checksum: it was cut, stripped or changed"
        : "it is not what was built: its checksum differs",
      details: [`sha256 of the file: ${file}`],
      hint: AGAIN,
      exit: EXIT.no,
    });
  }
  print(`${path}: imp ${VERSION}, whole\nsha256 ${file}`);
  return EXIT.done;
}
