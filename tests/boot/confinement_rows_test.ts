import { assertEquals } from "@std/assert";
import { sandboxLines } from "../../src/boot/confinement_rows.ts";

Deno.test("sandboxLines: a sandbox in the terms of systemd", () => {
  assertEquals(sandboxLines(undefined), []);
  assertEquals(
    sandboxLines({ readOnly: ["/"], writable: ["/srv"], privateTmp: true, noNetwork: true }),
    ["ReadOnlyPaths=/", "ReadWritePaths=/srv", "PrivateTmp=yes", "PrivateNetwork=yes"],
  );
});
