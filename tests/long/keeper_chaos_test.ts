// A minute of chaos with twenty kept daemons.
import { e2e } from "../e2e/harness.ts";
import { keeperChaos } from "../e2e/keeper_chaos.ts";

e2e(
  "chaos of twenty kept daemons for a minute: never two copies, no lost line, no leftover",
  (box) => keeperChaos(box, { daemons: 20, ms: 60_000, clients: 40, hands: 6 }),
  ["python3"],
);
