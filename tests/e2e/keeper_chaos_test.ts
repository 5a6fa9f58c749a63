// A short chaos of kept daemons; tests/long has the long one.
import { e2e } from "./harness.ts";
import { keeperChaos } from "./keeper_chaos.ts";

e2e(
  "chaos of kept daemons: never two copies, no lost line, no leftover",
  (box) => keeperChaos(box, { daemons: 4, ms: 6_000, clients: 12, hands: 2 }),
  ["python3"],
);
