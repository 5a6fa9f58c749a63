import { EXIT } from "../base/exit_codes.ts";
import { VERSION } from "../version.ts";
import { print } from "./output.ts";

/** Prints imp's version. @returns the exit status */
export async function printVersion(): Promise<number> {
  try {
    print(`imp ${VERSION}`);
    return EXIT.done;
  } catch (error) {
    const { reportError } = await import("./report.ts");
    return await reportError(error, "imp");
  }
}
