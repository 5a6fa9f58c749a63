// imp daemon -u: what the user gets, and what not.
import { assertEquals, assertMatch } from "@std/assert";
import { e2e, e2eAsRoot, eventually, isRoot, type Sandbox } from "./harness.ts";

/** What the program prints into its log. */
async function logged(box: Sandbox, log: string): Promise<string> {
  const read = () => Deno.readTextFileSync(box.path(log));
  await eventually(() => read().endsWith("end\n"), "the program has written");
  return read().slice(0, -"end\n".length);
}

const TELL = [
  "sh",
  "-c",
  'for v in HOME USER LOGNAME SHELL A; do eval "echo $v=\\$$v"; done; echo end',
];

e2e("daemon -u: HOME, USER, LOGNAME and SHELL are the user's, and -E wins", async (box) => {
  const user = isRoot ? "nobody" : (await box.run(["id", "-un"])).stdout.trim();
  const entry = (await box.run(["getent", "passwd", user])).stdout.trim().split(":");
  const [home, shell] = [entry[5] || "/", entry[6] || "/bin/sh"];
  const env = { HOME: "/callers", USER: "caller", LOGNAME: "caller", SHELL: "/callers", A: "1" };

  const plain = await box.imp(["daemon", "-o", "plain", "--", ...TELL], { env });
  assertEquals(plain.code, 0, plain.stderr);
  assertEquals(
    await logged(box, "plain"),
    "HOME=/callers\nUSER=caller\nLOGNAME=caller\nSHELL=/callers\nA=1\n",
  );

  const set = await box.imp(["daemon", "-u", user, "-o", "set", "--", ...TELL], { env });
  assertEquals(set.code, 0, set.stderr);
  assertEquals(
    await logged(box, "set"),
    `HOME=${home}\nUSER=${user}\nLOGNAME=${user}\nSHELL=${shell}\nA=1\n`,
  );

  const words = ["-u", user, "-E", "HOME=/srv", "-E", "A=2"];
  const given = await box.imp(["daemon", ...words, "-o", "given", "--", ...TELL], { env });
  assertEquals(given.code, 0, given.stderr);
  assertEquals(
    await logged(box, "given"),
    `HOME=/srv\nUSER=${user}\nLOGNAME=${user}\nSHELL=${shell}\nA=2\n`,
  );

  const clear = await box.imp([
    "daemon",
    "-u",
    user,
    "--clear-env",
    "-o",
    "clear",
    "--",
    "/bin/sh",
    "-c",
    "/usr/bin/env; echo end",
  ]);
  assertEquals(clear.code, 0, clear.stderr);
  assertEquals(/^(HOME|USER|LOGNAME|SHELL)=/m.test(await logged(box, "clear")), false);
});

e2eAsRoot("daemon -u: a number that the database does not know has nobody's home", async (box) => {
  const { code } = await box.imp(["daemon", "-u", "54321:54321", "-o", "log", "--", ...TELL]);
  assertEquals(code, 0);
  assertMatch(await logged(box, "log"), /^HOME=\nUSER=\nLOGNAME=\nSHELL=\n/);
});
