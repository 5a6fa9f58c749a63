import type { Option } from "../../cli/options.ts";

/** Its terminal. */
export const TTY_OPTIONS = [
  {
    group: "Terminal",
    name: "tty",
    summary: "give it a terminal of its own, for imp attach",
  },
] as const satisfies readonly Option[];
