import { EXIT } from "../../base/exit_codes.ts";
import {
  type Command,
  type Display,
  displayFrom,
  JSON_OPTION,
  type Option,
} from "../../cli/options.ts";
import { warnFitted } from "../../cli/fitted.ts";
import { print, printJson } from "../../cli/output.ts";
import { type AtBootOutcome, setAtBoot } from "../../keeper/boot/set_at_boot.ts";
import type { KeptSelection } from "../../keeper/selection.ts";
import { errorText, forTargets, keptOnly } from "../kept/run.ts";
import { ALL_OPTION, keptSelection } from "../kept/request_targets.ts";

const OPTIONS = [ALL_OPTION, JSON_OPTION] as const satisfies readonly Option[];

interface AtBootRequest {
  readonly selection: KeptSelection;
  readonly display: Display;
}

/** The common part of `imp enable` and `imp disable`: all but a word. */
export function atBootCommand(
  verb: "enable" | "disable",
  texts: Pick<Command, "description" | "examples">,
): Command<AtBootRequest, typeof OPTIONS[number]> {
  return {
    name: verb,
    usage: [`${verb} [--json] NAME...`, `${verb} [--json] --all`],
    ...texts,
    options: OPTIONS,
    permute: true,
    exits: [
      ["0", "done, or nothing to do"],
      ["1", "a name is unknown"],
      ["2", "wrong usage"],
      ["125", "records or lock cannot be used"],
    ],
    request: (values, operands) => ({
      selection: keptSelection(values.has("all"), operands),
      display: displayFrom(values),
    }),
    run: async ({ selection, display }) =>
      await forTargets({ by: "name", selection }, verb, display, {
        kept: (place) => setAtBoot(place, verb === "enable"),
        pidfile: async (name): Promise<AtBootOutcome> =>
          await { is: "failed", error: keptOnly(verb, name), name },
        tell: (outcome) => tellAtBoot(outcome, verb, display),
      }),
  };
}

function tellAtBoot(
  outcome: AtBootOutcome,
  verb: "enable" | "disable",
  { json, quiet }: Display,
): number {
  if (json) printJson(atBootJson(outcome, verb));
  else if (outcome.is === "failed") warnFitted(`imp ${verb}: ${errorText(outcome.error)}`);
  else if (!quiet) print(textOf(outcome, verb));
  return outcome.is === "failed" ? outcome.error.exit : EXIT.done;
}

// docs/boot.md describes these objects: names are only ever added.

function atBootJson(outcome: AtBootOutcome, verb: string): Record<string, unknown> {
  const { name } = outcome;
  if (outcome.is === "failed") {
    const { error } = outcome;
    return { name, result: "failed", done: false, error: error.message, hint: error.hint ?? null };
  }
  const { changed, stopped } = outcome;
  return { name, result: `${verb}d`, done: true, changed, stopped };
}

function textOf({ name, changed, stopped }: AtBootOutcome & { is: "set" }, verb: string): string {
  const what = `${name}: ${changed ? "" : "already "}${verb}d`;
  if (verb === "disable" || !stopped) return what;
  return `${what}; it is stopped, and stays so until 'imp start ${name}'`;
}
