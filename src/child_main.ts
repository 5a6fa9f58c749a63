// Entry point of a process started from source; inside imp's executable main.ts takes its place.
import { runtime } from "./runtime/mod.ts";

const words = runtime.args();

if (words[0] === "guard") {
  const { endGuarded, pipeClosed } = await import("./termination/guard_process.ts");
  pipeClosed();
  await endGuarded(words[1], words[2], words[3]);
} else {
  const { childMain } = await import("./child.ts");
  childMain(words);
}
