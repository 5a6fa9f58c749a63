// The options that `imp daemon` and `imp start` share.
import type { Option } from "../../cli/options.ts";

export const USER_OPTION = {
  group: "Identity",
  name: "user",
  short: "u",
  value: "USER[:GROUP]",
  summary: "run as USER, with USER's groups, HOME, USER, LOGNAME and SHELL; names or numbers",
} as const satisfies Option;

export const CHDIR_OPTION = {
  group: "Surroundings",
  name: "chdir",
  short: "C",
  value: "DIR",
  summary: "work in DIR (default /; '.' stays here)",
} as const satisfies Option;

export const UMASK_OPTION = {
  group: "Surroundings",
  name: "umask",
  short: "m",
  value: "MASK",
  summary: "file mode creation mask, octal (default 022)",
} as const satisfies Option;

export const CHROOT_OPTION = {
  group: "Surroundings",
  name: "chroot",
  value: "DIR",
  summary: "make DIR the root directory; PROGRAM and -C DIR are looked up inside",
} as const satisfies Option;
