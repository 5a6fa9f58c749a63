import { assertEquals, assertThrows } from "@std/assert";
import { ImpError } from "../../src/base/errors.ts";
import { openRedirections, removeMade } from "../../src/daemon/redirect.ts";
import type { DaemonSettings } from "../../src/daemon/settings.ts";
import { closeFile } from "../../src/libc/descriptors/files.ts";

const settings: DaemonSettings = {
  words: ["server"],
  route: "auto",
  directory: "/",
  umask: 0o022,
  truncate: false,
  ownPidDirectory: false,
  environment: [],
  clearEnvironment: false,
  limits: [],
  secondFork: true,
  noChildren: false,
  keep: [],
};

const names = (at: string) => [...Deno.readDirSync(at)].map(({ name }) => name).sort();

function withDirectory(body: (at: string) => void): void {
  const at = Deno.makeTempDirSync({ prefix: "imp-redirect-" });
  try {
    body(at);
  } finally {
    Deno.removeSync(at, { recursive: true });
  }
}

/** Opens, removes what was made, and closes. */
function tryOnce(
  more: Partial<DaemonSettings>,
  between: () => void = () => {},
): { emptied: number; made: string[] } {
  const { descriptors, emptied, made } = openRedirections({ ...settings, ...more }, undefined);
  between();
  removeMade(made);
  const all = [...descriptors.map(([fd]) => fd), ...made.map(({ directory }) => directory)];
  for (const fd of new Set(all)) closeFile(fd);
  return { emptied: emptied.length, made: made.map(({ name }) => name) };
}

Deno.test("files that were made for a start are removed with it, wherever links led", () => {
  withDirectory((at) => {
    Deno.mkdirSync(`${at}/logs`);
    Deno.symlinkSync("logs/out", `${at}/link`);
    Deno.symlinkSync(`${at}/link`, `${at}/chain`);
    Deno.writeTextFileSync(`${at}/old`, "old\n");
    const before = names(at);
    assertEquals(tryOnce({ stdout: `${at}/new`, stderr: `${at}/new` }).made, ["new"]);
    assertEquals(tryOnce({ stdout: `${at}/chain`, stderr: `${at}/old` }).made, ["out"]);
    assertThrows(
      () => openRedirections({ ...settings, stdout: `${at}/link`, stderr: "/no/err" }, undefined),
      ImpError,
      "/no/err",
    );
    assertEquals([names(at), names(`${at}/logs`)], [before, []]);
    assertEquals(Deno.readTextFileSync(`${at}/old`), "old\n");
  });
});

Deno.test("a file stays that something was written to, that another has open, or that has its name no more", () => {
  withDirectory((at) => {
    const log = `${at}/log`;
    tryOnce({ stdout: log }, () => Deno.writeTextFileSync(log, "said\n"));
    assertEquals(names(at), ["log"]);
    Deno.removeSync(log);
    let other: Deno.FsFile | undefined;
    tryOnce({ stdout: log }, () => other = Deno.openSync(log, { append: true }));
    assertEquals(names(at), ["log"]);
    other?.close();
    Deno.removeSync(log);
    tryOnce({ stdout: log }, () => {
      Deno.renameSync(log, `${log}.1`);
      Deno.writeTextFileSync(log, "");
    });
    assertEquals(names(at), ["log", "log.1"]);
  });
});

Deno.test("only files that were there are emptied: nothing that was made, no device, no pipe", () => {
  withDirectory((at) => {
    Deno.writeTextFileSync(`${at}/old`, "old\n");
    const count = (stdout: string, stderr: string) =>
      tryOnce({ truncate: true, stdout, stderr }).emptied;
    assertEquals(count(`${at}/old`, `${at}/old`), 1);
    assertEquals(count(`${at}/new`, "/dev/null"), 0);
    assertEquals(tryOnce({ stdout: `${at}/old` }).emptied, 0);
    assertEquals(Deno.readTextFileSync(`${at}/old`), "old\n");
  });
});

Deno.test("links in a ring are refused as the kernel does", () => {
  withDirectory((at) => {
    Deno.symlinkSync("b", `${at}/a`);
    Deno.symlinkSync("a", `${at}/b`);
    const error = assertThrows(() => tryOnce({ stdout: `${at}/a` }), ImpError) as ImpError;
    assertEquals(error.errno, "ELOOP");
  });
});
