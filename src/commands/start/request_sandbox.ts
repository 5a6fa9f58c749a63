import { UsageError } from "../../base/errors.ts";
import type { Given } from "../../cli/options.ts";
import type { Sandbox } from "../../keeper/sandbox/sandbox.ts";
import type { StartOption } from "./options.ts";

/** @returns undefined if none is given @throws UsageError */
export function sandboxFrom(values: Given<StartOption>): Sandbox | undefined {
  const readOnly = values.texts("read-only"), writable = values.texts("writable");
  if ([...readOnly, ...writable].includes("")) {
    throw new UsageError(`--${readOnly.includes("") ? "read-only" : "writable"} must not be empty`);
  }
  if (writable.length > 0 && readOnly.length === 0) {
    throw new UsageError(
      "--writable goes with --read-only",
      "for example --read-only / --writable .",
    );
  }
  const sandbox: Sandbox = {
    ...readOnly.length > 0 ? { readOnly: [...readOnly] } : {},
    ...writable.length > 0 ? { writable: [...writable] } : {},
    ...values.has("private-tmp") ? { privateTmp: true } : {},
    ...values.has("no-network") ? { noNetwork: true } : {},
  };
  const [name] = Object.keys(sandbox);
  if (name === undefined) return undefined;
  if (values.given("chroot")) {
    const option = readOnly.length > 0
      ? "read-only"
      : sandbox.privateTmp
      ? "private-tmp"
      : "no-network";
    throw new UsageError(`--chroot and --${option} cannot be used together`);
  }
  if (sandbox.noNetwork) refuseUnreachable(values);
  return sandbox;
}

/** Rejects options that need communication between two networks. */
function refuseUnreachable(values: Given<StartOption>): void {
  const why = "without a network it cannot be reached";
  if (values.given("watchdog") || values.texts("ready").includes("notify")) {
    const option = values.given("watchdog") ? "--watchdog" : "--ready notify";
    throw new UsageError(
      `--no-network and ${option} cannot be used together`,
      `$NOTIFY_SOCKET is in imp's own network namespace; use --ready fd:3, log: or file:`,
    );
  }
  // A socket that imp holds for it belongs to imp's network.
  if (values.given("socket")) return;
  for (const option of ["ready", "health"] as const) {
    const rule = values.texts(option).find((text) => /^(?:tcp|http):/.test(text));
    if (rule === undefined) continue;
    throw new UsageError(
      `--no-network and --${option} ${rule} cannot be used together`,
      `${why}, unless imp holds its socket: --socket tcp:8080`,
    );
  }
}
