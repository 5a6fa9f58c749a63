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

const USER = 65_534;
const SECRET = "of root\n";
const AS_USER = ["setpriv", "--reuid", `${USER}`, "--regid", `${USER}`, "--clear-groups"];

/** `hidden` is root's alone and has a file that everybody could write, were it not there; `users` is the user's. */
function doors(box: Sandbox): void {
  // The way to it is everybody's, as that to /var/log.
  Deno.chmodSync(box.directory, 0o755);
  Deno.mkdirSync(box.path("hidden/folder"), { recursive: true });
  Deno.chmodSync(box.path("hidden"), 0o700);
  Deno.writeTextFileSync(box.path("hidden/file"), SECRET);
  Deno.chmodSync(box.path("hidden/file"), 0o666);
  Deno.mkdirSync(box.path("users"));
  for (const name of ["file", "new", "folder"]) {
    Deno.symlinkSync(box.path(`hidden/${name}`), box.path(`users/${name}`));
  }
  Deno.symlinkSync("/proc/self/fd/0", box.path("users/stdin"));
  Deno.symlinkSync("/dev/tty", box.path("users/tty"));
  Deno.chownSync(box.path("users"), USER, USER);
}

/** Nothing was made, written or emptied where only root may. */
function assertClosed(box: Sandbox, after: string): void {
  const names = [...Deno.readDirSync(box.path("hidden"))].map(({ name }) => name).toSorted();
  assertEquals(names, ["file", "folder"], after);
  assertEquals([...Deno.readDirSync(box.path("hidden/folder"))], [], after);
  assertEquals(Deno.readTextFileSync(box.path("hidden/file")), SECRET, after);
}

e2eAsRoot("daemon -u: no link of the user leads where the user may not go", async (box) => {
  doors(box);
  const lines = [
    ...["file", "new", "folder/new"].flatMap((name) =>
      [["-o"], ["-e"], ["--truncate", "-o"], ["--truncate", "-e"]].map((words) => [
        ...words,
        `users/${name}`,
      ])
    ),
    ["-o", "hidden/../users/file"],
    ["-i", "users/file"],
    ["-i", "users/stdin"],
    ["-i", "users/tty"],
    ["-C", "users/folder"],
    ["--chroot", "users/folder"],
  ];
  for (const line of lines) {
    // If the program runs, its output shows the difference.
    const words = ["daemon", "-u", "nobody", ...line, "--", "sh", "-c", "echo open; sleep 60"];
    const { code, stdout, stderr } = await box.imp(words);
    assertEquals([code, stdout], [125, ""], `${line.join(" ")}: ${stderr}`);
    assertMatch(stderr, /EACCES/, line.join(" "));
    assertMatch(stderr, /others than root can change names in .*users/, line.join(" "));
    assertClosed(box, line.join(" "));
  }
  // In the directory that imp is started in, too.
  const { code } = await box.imp(["daemon", "-u", "nobody", "-o", "file", "--", "true"], {
    cwd: box.path("users"),
  });
  assertEquals(code, 125);
  assertClosed(box, "relative");
});

e2eAsRoot("daemon -u: what root has arranged works as before", async (box) => {
  doors(box);
  const hello = ["sh", "-c", "echo hello; echo end"];
  const works = async (log: string, file: string, ...words: string[]) => {
    const { code, stderr } = await box.imp(
      ["daemon", "-u", "nobody", ...words, "-o", log, "--", ...hello],
    );
    assertEquals([code, stderr], [0, ""], log);
    assertEquals(await logged(box, file), "hello\n", log);
    assertEquals(Deno.statSync(box.path(file)).uid, USER, log);
  };
  // As /var/log/redis of redis.
  await works("users/own.log", "users/own.log");
  // As /var/log -> /data/log, which only root may enter.
  Deno.symlinkSync("hidden", box.path("log"));
  await works("log/daemon.log", "hidden/daemon.log");
  // Made by the user as well as by root, and again.
  await works("users/own.log", "users/own.log", "--truncate");
  await works("log/daemon.log", "hidden/daemon.log", "--truncate");
  // As the caller's own descriptor.
  const passed = await box.sh(
    '"$IMP" daemon -u nobody -o /dev/stderr -- sh -c "echo hello; echo end" 2>log2',
  );
  assertEquals(passed.code, 0, passed.stderr);
  assertEquals(await logged(box, "log2"), "hello\n");
  Deno.removeSync(box.path("hidden/daemon.log"));
  assertClosed(box, "arranged");
});

e2eAsRoot("daemon -u: a FIFO of the user holds nothing up", async (box) => {
  doors(box);
  await box.run([...AS_USER, "mkfifo", box.path("users/fifo")]);
  const output = await box.imp(["daemon", "-u", "nobody", "-o", "users/fifo", "--", "true"]);
  assertEquals(output.code, 125);
  assertMatch(output.stderr, /ENXIO/);
  const input = await box.imp(["daemon", "-u", "nobody", "-i", "users/fifo", "--", "sleep", "60"]);
  assertEquals(input.code, 0, input.stderr);
  await box.endAll();
});

e2eAsRoot("daemon -u: who swaps names while imp starts a daemon wins nothing", async (box) => {
  doors(box);
  const swapping = `cd users || exit
    mkdir real; : >real/file
    while :; do
      ln -sfn ../hidden/file a; ln -sfn ../hidden b
      rm a b; : >a; ln -sfn real b
      rm a b; mkfifo a; mkdir b
      rm -r a b
    done`;
  const attackers = [1, 2].map(() => box.run([...AS_USER, "sh", "-c", swapping]));
  const opened = [0, 125];
  for (let round = 0; round < 40; round++) {
    const [log, word] = [["users/a", "-o"], ["users/b/file", "-o"], ["users/b/file", "-e"]][
      round % 3
    ];
    const words = ["daemon", "-u", "nobody", "--truncate", word, log];
    const { code, stderr } = await box.imp([...words, "--", "sh", "-c", "echo in; echo in >&2"]);
    assertEquals(opened.includes(code), true, stderr);
    assertClosed(box, `round ${round}`);
  }
  await box.endAll();
  await Promise.all(attackers);
  assertClosed(box, "end");
});

e2eAsRoot("daemon -u --chroot: no link inside leads out again", async (box) => {
  doors(box);
  Deno.symlinkSync("/proc/1/root", box.path("users/out"));
  Deno.mkdirSync(box.path("jail"));
  const inside = await box.run([
    "unshare",
    "-m",
    "sh",
    "-c",
    "mount --rbind / jail; ls jail/proc/1",
  ]);
  if (!inside.stdout.includes("root")) box.skip("mounting is forbidden here");
  const start = (directory: string) =>
    box.run([
      "unshare",
      "-m",
      "sh",
      "-c",
      `mount --rbind / jail; exec "$IMP" daemon --chroot jail -u nobody -C ${directory} -- sleep 60`,
    ]);
  const out = await start(box.path("users/out"));
  assertEquals([out.code, out.stdout], [125, ""], "root would have gone out");
  assertMatch(out.stderr, /change directory to .*users\/out inside .*jail: EACCES/);
  const stays = await start(box.path("users"));
  assertEquals(stays.code, 0, stays.stderr);
  await box.endAll();
});

e2eAsRoot(
  "daemon -u: a pidfile is made only where the user could make one, or root's way leads",
  async (box) => {
    doors(box);
    Deno.mkdirSync(box.path("etc"));
    Deno.chmodSync(box.path("etc"), 0o755);
    Deno.symlinkSync(box.path("etc"), box.path("users/etc"));
    Deno.symlinkSync("etc/pid", box.path("users/pid"));
    const start = (file: string) =>
      box.imp(["daemon", "-u", "nobody", "-p", file, "--", "sleep", "60"]);
    for (const file of ["users/folder/pid", "users/etc/pid", "users/pid"]) {
      const { code, stdout, stderr } = await start(file);
      assertEquals([code, stdout], [125, ""], `${file}: ${stderr}`);
      assertClosed(box, file);
      assertEquals([...Deno.readDirSync(box.path("etc"))], [], file);
    }
    Deno.mkdirSync(box.path("users/run"));
    Deno.chownSync(box.path("users/run"), USER, USER);
    for (const file of ["users/own.pid", "users/run/own.pid", "etc/own.pid"]) {
      const { code, stdout, stderr } = await start(file);
      assertEquals([code, stderr], [0, ""], file);
      assertEquals(Deno.readTextFileSync(box.path(file)), stdout, file);
      assertEquals((await start(file)).code, 1, file);
    }
    await box.endAll();
  },
);
