import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { advice, differences } from "../../src/compare/differences.ts";
import { fateOf } from "../../src/compare/rows.ts";
import {
  alive,
  bashClosed,
  daemonPicture,
  dead,
  job,
  nohupPicture,
  setsidPicture,
  shellPicture,
  started,
} from "./sample_rows.ts";

Deno.test("differences: what bash does when its terminal is closed", () => {
  assertEquals(differences(bashClosed, "close"), [
    "Parent and terminal: the shell is the parent of `foreground`, `&`, `nohup &` and `& disown`, " +
    "init is the parent of `setsid` and `imp daemon`; `setsid` and `imp daemon` have no terminal.",
    "Lines on the terminal came from `foreground`, `&`, `& disown` and `setsid` " +
    "(`setsid` too: having no terminal is not the same as letting go of its descriptors).",
    "End of the terminal: closing the terminal ended `foreground` (HUP) and `&` (HUP); " +
    "`nohup &`, `& disown`, `setsid` and `imp daemon` live on.",
    "Inherited from the shell: session by all but `setsid` and `imp daemon`; process group by none; " +
    "directory by all but `imp daemon`; umask by all; " +
    "standard output by all but `nohup &` and `imp daemon`.",
    "Output after the terminal was gone: that of `nohup &` goes on into nohup.out; " +
    "that of `& disown` and `setsid` fails with EIO; that of `imp daemon` disappears in /dev/null.",
  ]);
});

Deno.test("advice: what bash does when its terminal is closed", () => {
  const lines = advice(bashClosed, "close");
  assertEquals(lines.map((line) => line.slice(0, line.indexOf(":"))), [
    "`foreground` and `&`",
    "`nohup &`",
    "`& disown` and `setsid`",
    "`imp daemon`",
  ]);
  assertStringIncludes(lines[0], "may end with you; closing the terminal ended it");
  assertStringIncludes(lines[3], "for services");
});

Deno.test("differences: rows decide, not what a style promises", () => {
  const rows = [
    dead("daemon", daemonPicture),
    dead("nohup", nohupPicture),
    alive("background", job(), "EIO"),
  ];
  const text = differences(rows, "exit").join("\n");
  assertStringIncludes(
    text,
    "leaving the shell ended `imp daemon` (HUP) and `nohup &` (HUP); `&` lives on",
  );
  const recommended = advice(rows, "exit");
  assertEquals(
    recommended[0],
    "`imp daemon` and `nohup &`: for work that may end with you; leaving the shell ended it.",
  );
  assert(!recommended.some((line) => line.includes("for services")));
  assert(!recommended.some((line) => line.includes("enough for a long job")));
});

Deno.test("differences: a daemon that is none is not called one", () => {
  const inShellsDirectory = alive("daemon", { ...daemonPicture, cwd: shellPicture.cwd });
  const withTerminal = alive("daemon", { ...daemonPicture, tty: "/dev/pts/3" });
  const inSession = alive("daemon", { ...daemonPicture, sid: shellPicture.sid });
  for (const row of [inShellsDirectory, withTerminal, inSession]) {
    assertEquals(fateOf(row), "silent");
  }
  assertEquals(fateOf(alive("setsid", daemonPicture)), "daemon");
});

Deno.test("fateOf: output decides among survivors", () => {
  assertEquals(fateOf(alive("nohup", nohupPicture)), "kept output");
  assertEquals(fateOf(alive("nohup", nohupPicture, "ENOSPC")), "lost terminal");
  assertEquals(fateOf(alive("setsid", setsidPicture, "EIO")), "lost terminal");
  assertEquals(fateOf(dead("background")), "ended");
});

Deno.test("differences: everything dead, everything alive, nothing measured", () => {
  const all = differences([dead("background"), dead("nohup")], "close").join("\n");
  assertStringIncludes(all, "nothing lives on");
  assertStringIncludes(all, "all of them have the terminal");
  assert(!all.includes("Output after"));
  const none = differences([alive("daemon", daemonPicture)], "close").join("\n");
  assertStringIncludes(none, "ended none of them; `imp daemon` lives on");
  assertStringIncludes(none, "none of them has a terminal");
  assertEquals(
    differences([{ is: "unmeasured", style: "disown", why: "dash has no disown" }], "close"),
    [],
  );
  assertEquals(advice([started("foreground", "the shell waits")], "exit"), []);
});

Deno.test("differences: a subreaper is shown with its name and number", () => {
  const parent = { pid: 412, comm: "systemd", role: "subreaper" } as const;
  const row = alive("daemon", { ...daemonPicture, ppid: 412, parent });
  assertStringIncludes(
    differences([row], "close")[0],
    "systemd (pid 412, subreaper) is the parent of `imp daemon`",
  );
});
