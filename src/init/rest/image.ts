import { executableImage, type MachineName } from "../../keeper/waiter/image.ts";
import { restArm64 } from "./arm64/rest.ts";
import { restX86 } from "./x86_64/rest.ts";

/** The executable that init rests in. */
export function restImage(arch: MachineName): Uint8Array {
  return executableImage(arch, arch === "arm64" ? restArm64() : restX86());
}
