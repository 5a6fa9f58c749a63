import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  bootLineOf,
  CRONTAB_MARK,
  crontabLine,
  withBootLine,
  withoutBootLine,
} from "../../src/boot/boot_crontab.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const LINE = crontabLine(["/usr/bin/imp"], []);

Deno.test("a crontab's line: quotes of a shell, and % as cron reads it", () => {
  assertEquals(LINE, "@reboot /usr/bin/imp boot --run --quiet");
  assertEquals(
    crontabLine(["/opt/a b/imp"], ["IMP_HOME=/x/5%'s"]),
    `@reboot IMP_HOME='/x/5\\%'\\''s' '/opt/a b/imp' boot --run --quiet`,
  );
  assertThrows(() => crontabLine(["/a\nb"], []), RangeError);
});

Deno.test("a crontab: ours is added at the end, replaced in its place, and taken out", () => {
  const before = encode("MAILTO=x\n1 * * * * a\n");
  const added = withBootLine(before, LINE);
  assertEquals(new TextDecoder().decode(added).endsWith(`${CRONTAB_MARK}\n${LINE}\n`), true);
  assertEquals(bootLineOf(added), LINE);
  assertEquals(withBootLine(added, LINE), added);
  const more = new Uint8Array([...added, ...encode("2 * * * * b\n")]);
  const replaced = withBootLine(more, "@reboot other");
  assertEquals(bootLineOf(replaced), "@reboot other");
  assertEquals(withoutBootLine(replaced), encode("MAILTO=x\n1 * * * * a\n2 * * * * b\n"));
  assertEquals(bootLineOf(before), undefined);
});

Deno.test("a crontab: a line that somebody has put behind the mark stays", () => {
  const changed = encode(`${CRONTAB_MARK}\n#@reboot imp boot --run\n3 * * * * c\n`);
  assertEquals(withoutBootLine(changed), encode("#@reboot imp boot --run\n3 * * * * c\n"));
});

Deno.test("a crontab: the other bytes stay, whatever they are", () => {
  const bytes = fc.uint8Array({ maxLength: 60 });
  fc.assert(fc.property(bytes, bytes, (one, other) => {
    const before = new Uint8Array([...one, 10]);
    const added = withBootLine(before, LINE);
    assertEquals(withoutBootLine(added), before);
    const more = new Uint8Array([...added, ...other]);
    assertEquals(withoutBootLine(more), new Uint8Array([...before, ...other]));
    assertEquals(withBootLine(more, LINE), more);
  }));
});
