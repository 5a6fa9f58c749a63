/**
 * `deno task compile`: an executable with Deno's runtime, for machines that can download it. That runtime is not on the
 * npm registry; scripts/build, which needs nothing else, makes the smaller and faster dist/imp.
 */
const OUT = "dist/imp-deno";

if (import.meta.main) {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["compile", "-A", "--output", OUT, "main.ts"],
    stdin: "null",
    stdout: "inherit",
    stderr: "piped",
  }).output();
  const said = new TextDecoder().decode(stderr);
  const cause = downloadFailure(said);
  if (cause) {
    console.error(
      `imp: deno compile cannot download Deno's runtime (${cause}); scripts/build makes dist/imp from npm alone`,
    );
  } else if (!success) {
    console.error(said.trimEnd());
  } else {
    console.log(`made ${OUT}`);
  }
  if (!success) Deno.exit(1);
}

/** Why the runtime (denort) could not be downloaded, in Deno's words, if that is what failed. */
export function downloadFailure(said: string): string | undefined {
  // deno-lint-ignore no-control-regex
  const plain = said.replace(/\x1b\[[0-9;]*m/g, "");
  if (!/base binary/i.test(plain) && !/error.*denort/is.test(plain)) return undefined;
  const causes = plain.split("\n").filter((line) => /^\s+\d+: (?!<)/.test(line));
  return causes.at(-1)?.replace(/^\s+\d+: /, "") ?? "the download failed";
}
