import { assert, assertEquals } from "@std/assert";
import { bootUnitText, MARK } from "../../src/boot/boot_unit.ts";
import { execLine, listWord, spanText, wholeValue } from "../../src/boot/unit_text.ts";

Deno.test("words of a unit: quotes, specifiers, variables, control characters, bytes", () => {
  assertEquals(
    execLine(["/bin/echo", "a", "b c", "5%", "$HOME", "${X}"]),
    `/bin/echo a "b c" 5%% $$HOME "$\${X}"`,
  );
  assertEquals(execLine(["/opt/a$b", ";", "#", ""]), `"/opt/a$b" ";" "#" ""`);
  assertEquals(
    execLine(["/x", `"`, "\\", "a\nb", "\x01", "ä"]),
    `/x "\\"" "\\\\" "a\\nb" "\\x01" "ä"`,
  );
  assertEquals(listWord("A=1 $2 %n"), `"A=1 $2 %%n"`);
  // A byte that is not UTF-8 is a lone surrogate here: base/byte_text.ts.
  assertEquals(execLine(["/x", "\udcff"]), `/x "\\xff"`);
});

Deno.test("a whole value: what cannot be written is not", () => {
  assertEquals(wholeValue("/a b/100%"), "/a b/100%%");
  for (const text of ["", " a", "a ", "a\\", "a\nb", "\udcff"]) {
    assertEquals(wholeValue(text), undefined);
  }
  assertEquals([spanText(90_000), spanText(1500)], ["90s", "1500ms"]);
});

const UNIT = {
  imp: ["/usr/bin/imp"],
  environment: ["IMP_HOME=/srv/my imp"],
  home: "/srv/my imp",
  of: "system",
} as const;

Deno.test("the unit of the system, and that of a user", () => {
  const text = bootUnitText(UNIT);
  assert(text.startsWith(`${MARK}\n[Unit]\n`));
  for (
    const line of [
      `RequiresMountsFor="/srv/my imp"`,
      `Environment="IMP_HOME=/srv/my imp"`,
      "ExecStart=/usr/bin/imp boot --run",
      "ExecStop=/usr/bin/imp boot --shutdown",
      "KillMode=process",
      "WantedBy=multi-user.target",
    ]
  ) assert(text.split("\n").includes(line), line);
  assert(!text.includes("DelegateSubgroup"));
  const user = bootUnitText({ ...UNIT, of: "user", version: 254 });
  assert(user.includes("\nWantedBy=default.target\n"));
  assert(!user.includes("network-online"));
  assert(user.includes("\nDelegateSubgroup=keepers\n"));
});
