import { assertEquals } from "@std/assert";
import { childFlags } from "../../src/runtime/deno_flags.ts";

Deno.test("permissions and the ways to find modules are passed on", () => {
  const words =
    "deno run -A --quiet --unstable-worker-options --import-map maps.json --node-modules-dir=none"
      .split(" ");
  assertEquals(
    childFlags(words, "/srv/deno.json"),
    "-A --unstable-worker-options --import-map maps.json --node-modules-dir=none --config=/srv/deno.json"
      .split(" "),
  );
});

Deno.test("what concerns the first process alone is not", () => {
  const words =
    "deno run --watch --inspect-brk=127.0.0.1:9229 --check --allow-ffi --allow-read=/srv -c d.json"
      .split(" ");
  assertEquals(childFlags(words, "/srv/deno.json"), [
    "--allow-ffi",
    "--allow-read=/srv",
    "-c",
    "d.json",
  ]);
  const testing = "deno test --filter=x --junit-path=/tmp/x --no-check".split(" ");
  assertEquals(childFlags(testing, undefined), ["-A", "--no-config"]);
});

Deno.test("a configuration that was given or forbidden stays so", () => {
  assertEquals(childFlags(["deno", "-A", "--no-config"], "/x.json"), ["-A", "--no-config"]);
  assertEquals(childFlags(["deno", "-A", "--config=y.json"], "/x.json"), ["-A", "--config=y.json"]);
});
