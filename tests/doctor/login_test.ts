import { assertEquals } from "@std/assert";
import { judgeHangup, judgeLogout } from "../../src/doctor/login.ts";

Deno.test("judgeLogout: with and without systemd", () => {
  const grades = (rules: Parameters<typeof judgeLogout>[0]) =>
    judgeLogout(rules).map(({ grade }) => grade);
  assertEquals(grades({ systemd: false, lingers: false }), ["good"]);
  assertEquals(grades({ systemd: true, kills: true, lingers: false }), ["warning", "note"]);
  assertEquals(grades({ systemd: true, kills: false, lingers: true }), ["good", "good"]);
  assertEquals(grades({ systemd: true, lingers: false })[0], "unknown");
});

Deno.test("judgeHangup: comments do not count, two files that disagree are unknown", () => {
  const grade = (...texts: string[]) =>
    judgeHangup(texts.map((text, i) => ({ path: `/f${i}`, text }))).grade;
  assertEquals(grade(), "good");
  assertEquals(grade("# shopt -s huponexit\n"), "good");
  assertEquals(grade("shopt -s checkwinsize huponexit # bye\n"), "warning");
  assertEquals(grade("  if x; then shopt -s huponexit; fi\n"), "warning");
  assertEquals(grade("shopt -s huponexit", "shopt -u huponexit"), "unknown");
});
