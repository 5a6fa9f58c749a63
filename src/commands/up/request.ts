import { UsageError } from "../../base/errors.ts";
import { type Display, displayFrom, type Given } from "../../cli/options.ts";
import type { PROJECT_FILE_OPTION, UpOption } from "./options.ts";

export interface UpRequest {
  /** Names and patterns; empty: all that the profiles select. */
  readonly names: readonly string[];
  readonly file?: string;
  readonly profiles: readonly string[];
  readonly does: "start" | "show the plan" | "print the schema";
  readonly wait: boolean;
  readonly display: Display;
}

/** @throws UsageError */
export function upRequest(values: Given<UpOption>, operands: readonly string[]): UpRequest {
  const schema = values.has("schema");
  if (schema && (operands.length > 0 || values.has("dry-run") || values.given("file"))) {
    throw new UsageError("--schema stands alone", "it is the same for every file");
  }
  return {
    names: ownNames(operands),
    file: fileFrom(values),
    profiles: values.texts("profile"),
    does: schema ? "print the schema" : values.has("dry-run") ? "show the plan" : "start",
    wait: !values.has("no-wait"),
    display: displayFrom(values),
  };
}

/** @throws UsageError */
export function fileFrom(values: Given<typeof PROJECT_FILE_OPTION>): string | undefined {
  const file = values.text("file");
  if (file === "") throw new UsageError("--file must not be empty");
  return file;
}

/** @throws UsageError */
export function ownNames(operands: readonly string[]): readonly string[] {
  if (operands.includes("")) throw new UsageError("a name must not be empty");
  return operands;
}
