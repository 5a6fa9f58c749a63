import { assertEquals, assertThrows } from "@std/assert";
import { ImpError } from "../../../src/base/errors.ts";
import { interpreters } from "../../../src/libc/processes/program_format.ts";

function withFile(content: string | Uint8Array, body: (path: string) => void): void {
  const path = Deno.makeTempFileSync({ prefix: "imp-format-" });
  try {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    Deno.writeFileSync(path, bytes);
    body(path);
  } finally {
    Deno.removeSync(path);
  }
}

/** binfmt_misc handlers, beyond the kernel's own formats, could run anything. */
const ownFormatsOnly = (() => {
  try {
    const names = [...Deno.readDirSync("/proc/sys/fs/binfmt_misc")].map(({ name }) => name);
    return names.every((name) => name === "register" || name === "status");
  } catch {
    return true;
  }
})();

Deno.test("a script needs what its first line names, and what that needs", () => {
  const lines: [text: string, path: string][] = [
    ["#!/no/such\n", "/no/such"],
    ["#! /no/such -x\necho\n", "/no/such"],
    ["#!\t/no/such\t-x", "/no/such"],
  ];
  for (const [text, path] of lines) {
    withFile(text, (file) => assertEquals(interpreters(file), [path]));
  }
  withFile("#!/no/such\n", (inner) => {
    withFile(`#!${inner}\n`, (outer) => assertEquals(interpreters(outer), [inner, "/no/such"]));
  });
  const own = interpreters("/bin/sh");
  withFile("#!/bin/sh\n", (file) => assertEquals(interpreters(file), ["/bin/sh", ...own]));
});

Deno.test("scripts in a ring come to an end", () => {
  const path = Deno.makeTempFileSync({ prefix: "imp-format-" });
  Deno.writeTextFileSync(path, `#!${path}\n`);
  assertEquals(new Set(interpreters(path)), new Set([path]));
  Deno.removeSync(path);
});

Deno.test("text without an interpreter line needs the shell; an ELF file its loader, which is there", () => {
  for (const text of ["echo hello\n", "\n"]) {
    withFile(text, (file) => assertEquals(interpreters(file), ["/bin/sh"]));
  }
  for (const path of interpreters("/bin/sleep")) assertEquals(Deno.statSync(path).isFile, true);
});

Deno.test("what is neither is refused, unless the kernel was told of other formats", () => {
  const other = Deno.readFileSync("/bin/sleep");
  new DataView(other.buffer).setUint16(18, 0x1234, true);
  for (const content of [new Uint8Array([0x7f, 69, 76, 70, 0, 0, 10]), other, "MZ\0\0\n"]) {
    withFile(content, (file) => {
      if (!ownFormatsOnly) return assertEquals(interpreters(file), []);
      const error = assertThrows(() => interpreters(file), ImpError) as ImpError;
      assertEquals([error.errno, error.exit], ["ENOEXEC", 126]);
    });
  }
});

Deno.test("of what cannot be read nothing is said", () => {
  assertEquals(interpreters("/no/such/file"), []);
  assertEquals(interpreters("/"), []);
});
