import { closeFile } from "../../src/libc/descriptors/files.ts";
import { openTimer, readTimer, setTimer } from "../../src/libc/descriptors/timer.ts";
import { waitReadable } from "../../src/libc/processes/signalfd.ts";
import { ImpError } from "../../src/base/errors.ts";
import { assert, assertEquals, assertThrows, test } from "./harness.ts";

test("a timer expires once after a time, or at a time of the clock", () => {
  const fd = openTimer();
  assertEquals(readTimer(fd), undefined);
  for (const setting of [{ after: 20 }, { at: Date.now() + 20 }, { after: 0 }, { at: 1000 }]) {
    setTimer(fd, setting);
    assert(waitReadable(fd, 60_000), JSON.stringify(setting));
    assertEquals(readTimer(fd), "expired");
    assertEquals(readTimer(fd), undefined);
  }
  closeFile(fd);
});

test("a timer that is set again has forgotten what it was set to", () => {
  const fd = openTimer();
  setTimer(fd, { after: 1 });
  assert(waitReadable(fd, 60_000));
  setTimer(fd, { after: 3_600_000 });
  assertEquals(readTimer(fd), undefined);
  setTimer(fd, { at: Date.now() + 400.25 * 86_400_000 });
  assertEquals([waitReadable(fd, 20), readTimer(fd)], [false, undefined]);
  setTimer(fd, { after: 1 });
  setTimer(fd, "never");
  assertEquals([waitReadable(fd, 20), readTimer(fd)], [false, undefined]);
  closeFile(fd);
});

test("what is no timer is refused", () => {
  assertThrows(() => setTimer(-1, { after: 1 }), ImpError, "EBADF");
  assertThrows(() => readTimer(-1), ImpError, "EBADF");
});
