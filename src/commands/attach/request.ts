import { UsageError } from "../../base/errors.ts";
import type { Given, Option } from "../../cli/options.ts";
import { parseKeptName } from "../start/values.ts";
import { parseDetachKeys, USUAL_DETACH_KEYS } from "./detach_keys.ts";

export const ATTACH_OPTIONS = [
  { name: "read-only", short: "r", summary: "watch only: your input does not reach the program" },
  {
    name: "detach-keys",
    value: "KEYS",
    summary: "keys that detach, separated by commas: ctrl-p,ctrl-q; none (default ctrl-\\,d)",
  },
] as const satisfies readonly Option[];
export type AttachOption = typeof ATTACH_OPTIONS[number];

export interface AttachRequest {
  readonly name: string;
  readonly readOnly: boolean;
  readonly detachKeys: Uint8Array;
  /** As the user calls them. */
  readonly keyWords: string;
  /** Nothing is printed except what the program writes. */
  readonly quiet: boolean;
}

/** @throws UsageError */
export function attachRequest(
  values: Given<AttachOption>,
  operands: readonly string[],
): AttachRequest {
  const [name, ...more] = operands;
  if (name === undefined) throw new UsageError("no name given", "for example: imp attach game");
  if (more.length > 0) throw new UsageError(`'${more[0]}' follows the name '${name}'`);
  const keyWords = values.text("detach-keys") ?? USUAL_DETACH_KEYS;
  return {
    name: parseKeptName(name),
    readOnly: values.has("read-only"),
    detachKeys: parseDetachKeys(keyWords),
    keyWords,
    quiet: values.has("quiet"),
  };
}
