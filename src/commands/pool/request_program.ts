import { UsageError } from "../../base/errors.ts";
import { isPlainName } from "../../base/plain_name.ts";
import type { Given } from "../../cli/options.ts";
import { bytesOf } from "../../pool/bytes.ts";
import { itemsOfAJob } from "./request_input.ts";
import { compileTemplate } from "../../pool/template/template.ts";
import { findPlaceholder } from "../../pool/template/template_parse.ts";
import type { JobCommand, WorkerSource } from "./families.ts";
import type { PoolOption } from "./options.ts";

/** The words of a job that gets items. @throws UsageError */
export function itemCommand(
  values: Given<PoolOption>,
  command: readonly Uint8Array[],
): JobCommand {
  refuseNone(command, "for example: seq 3 | imp pool -- echo");
  const without = itemsOfAJob(values) === 0 || values.has("nonall");
  if (values.has("shell")) return shellCommand(command, without);
  const replace = values.text("replace");
  if (replace === "") throw new UsageError("-I needs the text that stands for the item");
  if (values.has("stdin")) refuseItemTwice(command, replace ?? "{}");
  const marker = replace === undefined ? undefined : bytesOf(replace);
  const context = values.has("context") || values.given("max-lines");
  const options = { marker, context, without, plus: values.has("plus") };
  return { words: command, options, template: compileTemplate(command, options) };
}

/** The words of a job that gets a block. @throws UsageError */
export function blockCommand(
  values: Given<PoolOption>,
  command: readonly Uint8Array[],
): JobCommand {
  refuseNone(command, "for example: seq 3 | imp pool -- echo");
  if (values.has("shell")) return shellCommand(command);
  refusePlaceholders(command, "--pipe gives a block");
  return { words: command, options: {}, template: compileTemplate(command) };
}

/** The words of a worker. @throws UsageError */
export function workerWords(
  values: Given<PoolOption>,
  command: readonly Uint8Array[],
): WorkerSource {
  const target = values.text("call");
  if (target === undefined) {
    refuseNone(command, "for example: imp pool --workers -- ./worker");
    refusePlaceholders(command, "--workers gives records");
    return { kind: "lines", words: command };
  }
  if (command.length > 0) {
    const word = new TextDecoder().decode(command[0]);
    throw new UsageError(`--call runs a function, not a program: unexpected word '${word}'`);
  }
  return { kind: "call", target, jsonArguments: values.has("json-args") };
}

/** A name that can be part of a file name. @throws UsageError */
export function semaphoreName(name: string): string {
  if (isPlainName(name)) return name;
  throw new UsageError(
    `cannot use '${name}' as a name`,
    "use letters, digits, '.', '_' and '-', at most 64 of them",
  );
}

function refuseNone(command: readonly Uint8Array[], hint: string): void {
  if (command.length === 0 || command[0].length === 0) {
    throw new UsageError("no program given", hint);
  }
}

function shellCommand(command: readonly Uint8Array[], without = false): JobCommand {
  if (command.length > 1) {
    throw new UsageError(
      "--shell takes one word, the script",
      "quote it: --shell 'cat \"$1\" | wc'",
    );
  }
  const [script] = command;
  const spliced = /\{(?:|\.|\/|\/\/|\/\.)\}/.exec(new TextDecoder().decode(script));
  if (spliced) {
    throw new UsageError(
      `--shell: ${
        spliced[0]
      } in a script would make the item a part of the script, and run what is in it`,
      'write "$1" for the item; {1} is "$1", {2} is "$2"',
    );
  }
  const words = [bytesOf("/bin/sh"), bytesOf("-c"), script, bytesOf("sh")];
  const options = { literal: true, without };
  return { words, options, template: compileTemplate(words, options) };
}

function refuseItemTwice(command: readonly Uint8Array[], marker: string): void {
  if (command.some((word) => new TextDecoder().decode(word).includes(marker))) {
    throw new UsageError(
      `--stdin gives the item on standard input: ${marker} cannot be used with it`,
    );
  }
}

/** Data sent to standard input cannot appear in the words. */
function refusePlaceholders(command: readonly Uint8Array[], gives: string): void {
  for (const word of command) {
    const found = findPlaceholder(word);
    if (found && found !== "{%}" && found !== "{#}") {
      throw new UsageError(`${gives} on standard input: ${found} cannot be used with it`);
    }
  }
}
