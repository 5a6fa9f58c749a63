// A waiter that is imp itself does what the machine code does.
import { tryWaiter } from "../keeper/waiter/trials.ts";
import { impBinary } from "./harness.ts";

tryWaiter({
  name: "imp itself",
  native: false,
  words: () => [impBinary(), "keeper-stay", "guard", "--"],
});
