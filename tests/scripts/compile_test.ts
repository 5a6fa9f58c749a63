import { assertEquals } from "@std/assert";
import { downloadFailure } from "../../scripts/compile.ts";

Deno.test("a download that failed is reported by its innermost cause", () => {
  const said = `Check main.ts
Download https://example.org/denort.zip
\x1b[31merror\x1b[0m: Writing deno compile executable to temporary file 'x'

Caused by:
    0: Setting up base binary.
    1: error sending request
    2: failed to lookup address information: Name or service not known

Stack backtrace:
   0: <unknown>
`;
  assertEquals(
    downloadFailure(said),
    "failed to lookup address information: Name or service not known",
  );
});

Deno.test("a type error is not a failed download", () => {
  assertEquals(downloadFailure("TS2322 [ERROR]: Type 'string' is not assignable"), undefined);
});
