import { textFromBytes } from "../../base/byte_text.ts";
import { UsageError } from "../../base/errors.ts";
import type { Given } from "../../cli/options.ts";
import type { FilesOption } from "../../hosts/files/files_plan.ts";
import { rawWord } from "../../libc/processes/process_image.ts";
import { bytesOf } from "../../pool/bytes.ts";
import { findPlaceholder } from "../../pool/template/template_parse.ts";
import type { PoolOption } from "./options.ts";
import { toBytes } from "./request_input.ts";

/** A separate directory for each job. */
const OWN = "...";

/** The files of jobs on hosts. @throws UsageError */
export function filesFrom(values: Given<PoolOption>): FilesOption | undefined {
  const words = (name: "transferfile" | "return" | "trc" | "basefile") =>
    values.texts(name).map((text) => named(name, toBytes(rawWord(text))));
  const shorthand = words("trc");
  const item = values.has("transfer") || shorthand.length > 0;
  const sent = [...item ? [bytesOf(values.text("replace") ?? "{}")] : [], ...words("transferfile")];
  const returned = [...words("return"), ...shorthand];
  const base = words("basefile");
  const dir = values.text("chdir");
  const workdir = dir === undefined ? undefined : named("workdir", toBytes(rawWord(dir)));
  const cleanup = values.has("cleanup") || shorthand.length > 0;
  if (values.has("pipe")) refuseItems([...sent, ...returned, ...workdir ? [workdir] : []]);
  if (workdir) refuseRelative(base, workdir);
  if (sent.length + returned.length + base.length === 0 && !workdir) {
    if (!cleanup) return undefined;
    throw new UsageError(
      "--cleanup: nothing is sent or returned that could be removed",
      "use it with --transfer, --return or --basefile",
    );
  }
  return { sent, returned, base, workdir, cleanup };
}

/** Names of variables. @throws UsageError */
export function variablesFrom(values: Given<PoolOption>): readonly string[] {
  const names = values.texts("env");
  const wrong = names.find((name) => name === "" || name.includes("="));
  if (wrong === undefined) return names;
  throw new UsageError(
    `--env '${wrong}': not the name of a variable`,
    "its value comes from imp's own environment: A=1 imp pool --env A …",
  );
}

function named(option: string, word: Uint8Array): Uint8Array {
  if (word.length > 0) return word;
  throw new UsageError(`--${option}: the name is empty`);
}

/** A block is not an item. */
function refuseItems(words: readonly Uint8Array[]): void {
  for (const word of words) {
    const found = findPlaceholder(word);
    if (found && found !== "{%}" && found !== "{#}") {
      throw new UsageError(
        `--pipe gives blocks, not items: ${found} cannot be used in names of files`,
      );
    }
  }
}

/** A file that is sent once cannot be in a separate directory of each job. */
function refuseRelative(base: readonly Uint8Array[], workdir: Uint8Array): void {
  const many = textFromBytes(workdir) === OWN || findPlaceholder(workdir) !== undefined;
  const relative = base.map(textFromBytes).find((path) =>
    !path.startsWith("/") || path.includes("/./")
  );
  if (!many || relative === undefined) return;
  throw new UsageError(
    `--basefile ${relative}: each job has another work directory`,
    "give an absolute path, or one --workdir",
  );
}
