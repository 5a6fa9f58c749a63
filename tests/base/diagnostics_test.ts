import { assertEquals } from "@std/assert";
import { debug, setDiagnosticSink } from "../../src/base/diagnostics.ts";

Deno.test("diagnostics reach the listener while there is one", () => {
  const heard: unknown[] = [];
  debug("daemon", "unheard");
  setDiagnosticSink((...told) => heard.push(told));
  try {
    debug("daemon", "starting", { pid: 7 });
    debug("daemon", "started");
  } finally {
    setDiagnosticSink(undefined);
  }
  debug("daemon", "unheard again");
  assertEquals(heard, [["daemon", "starting", { pid: 7 }], ["daemon", "started", {}]]);
});
