import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../../src/base/errors.ts";
import { machineName, parseImpFile } from "../../src/hosts/machine_name.ts";

Deno.test("machines have the names that the kernel gives them", () => {
  assertEquals(["amd64", "arm64", "x86_64", "riscv64"].map(machineName), [
    ...["x86_64", "aarch64", "x86_64", "riscv64"],
  ]);
});

Deno.test("--imp-file says for which machine a file is", () => {
  assertEquals(parseImpFile("arm64=./a=b"), ["aarch64", "./a=b"]);
  for (const text of ["./imp", "=x", "x86_64="]) assertThrows(() => parseImpFile(text), UsageError);
});
