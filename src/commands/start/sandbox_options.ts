import type { Option } from "../../cli/options.ts";

/** What of the machine it does not get. */
export const SANDBOX_OPTIONS = [
  {
    group: "Sandbox",
    name: "read-only",
    value: "PATH",
    many: true,
    summary: "it cannot write to PATH and what is below; / for everything",
  },
  {
    group: "Sandbox",
    name: "writable",
    value: "PATH",
    many: true,
    summary: "but for PATH: it is below one that is --read-only",
  },
  {
    group: "Sandbox",
    name: "private-tmp",
    summary: "/tmp and /var/tmp are its own, in memory, and gone when it ends",
  },
  {
    group: "Sandbox",
    name: "no-network",
    summary: "it reaches nothing but its own loopback interface, and sockets that it is given",
  },
] as const satisfies readonly Option[];

export type SandboxOption = typeof SANDBOX_OPTIONS[number];
