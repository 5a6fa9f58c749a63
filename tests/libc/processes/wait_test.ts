import fc from "fast-check";
import { assertEquals } from "@std/assert";
import {
  changeOf,
  describeEnding,
  endingOf,
  exitStatusOf,
} from "../../../src/libc/processes/wait.ts";

Deno.test("an ending: every exit status", () => {
  for (let code = 0; code <= 255; code++) {
    const ending = endingOf(code << 8);
    assertEquals(ending, { how: "exit", code });
    assertEquals(exitStatusOf(ending), code);
    assertEquals(describeEnding(ending), `exit ${code}`);
  }
});

Deno.test("an ending: every signal, with and without a core file", () => {
  for (let signal = 1; signal <= 64; signal++) {
    for (const core of [false, true]) {
      const ending = endingOf(signal | (core ? 0x80 : 0));
      assertEquals(ending, { how: "signal", signal, core });
      assertEquals(exitStatusOf(ending), 128 + signal);
    }
  }
});

Deno.test("an ending is described by the name of the signal", () => {
  assertEquals(describeEnding(endingOf(15)), "killed by TERM");
  assertEquals(describeEnding(endingOf(11 | 0x80)), "killed by SEGV (core dumped)");
  assertEquals(describeEnding(endingOf(36)), "killed by RTMIN+2");
});

Deno.test("an ending: any wait status is one of the two, and its status fits in a byte", () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 0xffff }), (status) => {
    const ending = endingOf(status);
    assertEquals(ending.how, (status & 0x7f) === 0 ? "exit" : "signal");
    const shown = exitStatusOf(ending);
    assertEquals(shown >= 0 && shown <= 255, true);
  }));
});

Deno.test("wait statuses: stopped and continued children have not ended", () => {
  assertEquals(changeOf(0xffff), { what: "continued" });
  assertEquals(changeOf(20 << 8 | 0x7f), { what: "stopped", signal: 20 });
  assertEquals(changeOf(3 << 8), { what: "ended", ending: { how: "exit", code: 3 } });
  assertEquals(changeOf(15), { what: "ended", ending: { how: "signal", signal: 15, core: false } });
});
