import { UsageError } from "../../base/errors.ts";
import type { Given, Option } from "../../cli/options.ts";
import type { KeptSelection } from "../../keeper/selection.ts";
import { ALL_OPTION, keptSelection } from "../kept/request_targets.ts";

export const EXPORT_OPTIONS = [
  ALL_OPTION,
  {
    name: "values",
    summary: "print the values of -E, which may be secrets",
  },
  {
    name: "dir",
    value: "DIR",
    summary: "with systemd: write the units into DIR, which must exist: NAME.service, NAME.timer",
  },
] as const satisfies readonly Option[];
export type ExportOption = typeof EXPORT_OPTIONS[number];

export const EXPORT_FORMATS = ["systemd", "crontab", "toml", "command"] as const;
export type ExportFormat = typeof EXPORT_FORMATS[number];

export interface ExportRequest {
  readonly format: ExportFormat;
  readonly selection: KeptSelection;
  readonly values: boolean;
  /** Undefined: to stdout. */
  readonly directory?: string;
}

/** The first word is the format. @throws UsageError */
export function exportRequest(
  values: Given<ExportOption>,
  operands: readonly string[],
): ExportRequest {
  const [format, ...names] = operands;
  if (!isFormat(format)) {
    throw new UsageError(
      format === undefined ? "no format given" : `'${format}' is not a format`,
      `for example: imp export systemd ${names[0] ?? format ?? "web"}; also ${
        EXPORT_FORMATS.slice(1).join(", ")
      }`,
    );
  }
  const directory = values.text("dir");
  if (directory !== undefined && format !== "systemd") {
    throw new UsageError(`--dir goes with systemd, not with ${format}`, "redirect the output");
  }
  if (directory === "") throw new UsageError("--dir needs the name of a directory");
  return {
    format,
    selection: keptSelection(values.has("all"), names),
    values: values.has("values"),
    ...directory === undefined ? {} : { directory },
  };
}

function isFormat(word: string | undefined): word is ExportFormat {
  return EXPORT_FORMATS.includes(word as ExportFormat);
}
