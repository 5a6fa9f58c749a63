import type { Option } from "../../cli/options.ts";

/** What it cannot reach of the machine. */
export const SANDBOX_OPTIONS = [
  {
    group: "Sandbox",
    name: "read-only",
    value: "PATH",
    many: true,
    summary: "it cannot write to PATH or anything below; / for everything",
  },
  {
    group: "Sandbox",
    name: "writable",
    value: "PATH",
    many: true,
    summary: "an exception: PATH, below a --read-only one",
  },
  {
    group: "Sandbox",
    name: "private-tmp",
    summary: "empty /tmp and /var/tmp of its own, in memory, until it ends",
  },
  {
    group: "Sandbox",
    name: "no-network",
    summary: "no network but its own loopback interface, and sockets of --socket",
  },
] as const satisfies readonly Option[];
