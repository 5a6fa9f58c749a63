import { UsageError } from "../../base/errors.ts";
import { type BootKind, parseBootKind } from "../../boot/boot_place.ts";
import {
  type Display,
  displayFrom,
  type Given,
  JSON_OPTION,
  type Option,
} from "../../cli/options.ts";

export const BOOT_OPTIONS = [
  { name: "install", summary: "do what imp boot shows" },
  { name: "remove", summary: "remove what --install has installed" },
  {
    name: "kind",
    value: "KIND",
    choices: ["systemd", "crontab"],
    summary: "a unit of systemd or a line in the crontab (default: what this machine has)",
  },
  {
    name: "run",
    summary:
      "start the daemons of the next boot and wait for them; called by the unit or the crontab",
  },
  {
    name: "shutdown",
    summary: "if the machine is going down, stop all daemons; called by the unit when it stops",
  },
  JSON_OPTION,
] as const satisfies readonly Option[];
export type BootOption = typeof BOOT_OPTIONS[number];

const ACTIONS = ["install", "remove", "run", "shutdown"] as const;

export interface BootRequest {
  readonly action: "show" | typeof ACTIONS[number];
  /** Undefined: whatever this machine has. */
  readonly kind?: BootKind;
  readonly display: Display;
}

/** @throws UsageError */
export function bootRequest(
  values: Given<BootOption>,
  operands: readonly string[],
): BootRequest {
  if (operands.length > 0) {
    throw new UsageError(
      `unexpected word '${operands[0]}'`,
      ["install", "remove"].includes(operands[0])
        ? `write it as an option: imp boot --${operands[0]}`
        : "imp enable NAME and imp disable NAME say which daemons are started at boot",
    );
  }
  const actions = ACTIONS.filter((one) => values.has(one));
  if (actions.length > 1) {
    throw new UsageError(`--${actions[0]} and --${actions[1]} cannot be used together`);
  }
  const [action] = actions;
  if (values.given("kind") && (action === "run" || action === "shutdown")) {
    throw new UsageError(`--kind goes with --install and --remove, not with --${action}`);
  }
  return {
    action: action ?? "show",
    kind: parseBootKind(values.text("kind")),
    display: displayFrom(values),
  };
}
