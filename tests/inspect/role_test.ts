import { assertEquals } from "@std/assert";
import type { ProcStat } from "../../src/procfs/stat.ts";
import { isAdopted, parentRole } from "../../src/inspect/role.ts";
import { isLoginShell, shellName } from "../../src/inspect/program.ts";

function stat(changes: Partial<ProcStat>): ProcStat {
  return {
    pid: 100,
    comm: "x",
    state: "S",
    ppid: 50,
    pgid: 100,
    sid: 50,
    ttyNumber: 0,
    foregroundPgid: -1,
    flags: 0,
    userTicks: 0,
    systemTicks: 0,
    nice: 0,
    threads: 1,
    startTicks: 1000,
    residentPages: 1,
    exitStatus: 0,
    ...changes,
  };
}

const child = (sid: number, pid = 100) => stat({ pid, sid });

Deno.test("a child in its parent's session, or leading its own, may be the parent's own", () => {
  assertEquals(isAdopted(child(50), stat({ pid: 50, sid: 50 })), false);
  assertEquals(isAdopted(child(100), stat({ pid: 50, sid: 50 })), false);
  assertEquals(isAdopted(child(0), stat({ pid: 50, sid: 50 })), false);
});

Deno.test("a child in a session that its parent has never been in was adopted", () => {
  assertEquals(isAdopted(child(70), stat({ pid: 1, sid: 1 })), true);
  // The parent leads no session, so it has never changed its own.
  assertEquals(isAdopted(child(70), stat({ pid: 50, sid: 40 })), true);
  // The parent may have been in session 70 and have left it by setsid.
  const parent = stat({ pid: 50, sid: 50, startTicks: 500 });
  assertEquals(isAdopted(child(70), parent), false);
  assertEquals(isAdopted(child(70), parent, stat({ pid: 70, startTicks: 400 })), false);
  assertEquals(isAdopted(child(70), parent, stat({ pid: 70, startTicks: 600 })), true);
});

Deno.test("roles of parents", () => {
  const role = (parent: Partial<ProcStat>, exe?: string, command: string[] = []) =>
    parentRole(child(50), { stat: stat({ pid: 50, sid: 50, ...parent }), exe, command });
  assertEquals(role({ pid: 1, comm: "systemd" }), "init");
  assertEquals(role({ flags: 0x00200000, comm: "kthreadd" }), "kernel");
  assertEquals(role({ comm: "sh" }, "/usr/bin/dash"), "shell");
  assertEquals(role({ comm: "make" }, "/usr/bin/make"), "other");
  assertEquals(
    role({ comm: "systemd" }, "/usr/lib/systemd/systemd", ["systemd", "--user"]),
    "subreaper",
  );
  assertEquals(role({ pid: 60, sid: 40, comm: "containerd-shim" }), "subreaper");
});

Deno.test("which shell: what is executed counts more than what it is called", () => {
  assertEquals(shellName({ comm: "sh", exe: "/usr/bin/dash" }), "dash");
  assertEquals(shellName({ comm: "sh", exe: "/usr/bin/bash" }), "bash");
  assertEquals(shellName({ comm: "bash", exe: null }), "bash");
  assertEquals(shellName({ comm: "zsh", exe: "/usr/bin/zsh-5.9" }), "zsh");
  assertEquals(shellName({ comm: "rbash", exe: "/bin/rbash" }), "bash");
  assertEquals(shellName({ comm: "ksh93", exe: "/bin/ksh93" }), "ksh93");
  assertEquals(shellName({ comm: "sleep", exe: "/usr/bin/sleep" }), undefined);
  assertEquals(shellName({ comm: "push", exe: "/usr/bin/push" }), undefined);
});

Deno.test("login shells", () => {
  for (const words of [["-bash"], ["bash", "-l"], ["bash", "--login"], ["bash", "-il"]]) {
    assertEquals(isLoginShell(words), true, words.join(" "));
  }
  for (
    const words of [["bash"], ["bash", "x", "-l"], ["bash", "--norc"], [], ["bash", "--", "-l"]]
  ) {
    assertEquals(isLoginShell(words), false, words.join(" "));
  }
});
