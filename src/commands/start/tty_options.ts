import type { Option } from "../../cli/options.ts";

/** What it is typed at by. */
export const TTY_OPTIONS = [
  {
    group: "Terminal",
    name: "tty",
    summary: "it gets a terminal of its own, which imp attach connects to",
  },
] as const satisfies readonly Option[];
