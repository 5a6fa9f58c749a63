import { JSON_OPTION, type Option } from "../../cli/options.ts";

/** For `up` and `down`. */
export const PROJECT_FILE_OPTION = {
  name: "file",
  short: "f",
  value: "FILE",
  summary: "the file (default: imp.toml, else Procfile, in this directory)",
} as const satisfies Option;

export const UP_OPTIONS = [
  PROJECT_FILE_OPTION,
  {
    name: "profile",
    short: "P",
    value: "NAME",
    many: true,
    summary: "include the daemons of this profile",
  },
  {
    name: "dry-run",
    short: "n",
    summary: "only print what would be started, restarted and stopped, and why",
  },
  {
    name: "no-wait",
    summary: "wait only for daemons that others depend on",
  },
  {
    name: "schema",
    summary: "print the JSON schema of imp.toml, for editors",
  },
  JSON_OPTION,
] as const satisfies readonly Option[];
export type UpOption = typeof UP_OPTIONS[number];
