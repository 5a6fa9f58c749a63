import {
  O_CREAT,
  O_EXCL,
  O_NONBLOCK,
  O_PATH,
  O_RDONLY,
  O_RDWR,
  O_WRONLY,
} from "../../src/libc/abi.ts";
import { O_DIRECTORY } from "../../src/libc/machine.ts";
import type { ImpError } from "../../src/base/errors.ts";
import { actAs, type Credentials } from "../../src/libc/users/credentials.ts";
import { errnoName } from "../../src/libc/calling/errno.ts";
import {
  closeFile,
  openFile,
  readSome,
  readTextOrNothing,
  tryOpen,
  writeAll,
} from "../../src/libc/descriptors/files.ts";
import { libc } from "../../src/libc/calling/load.ts";
import { cString } from "../../src/libc/calling/memory.ts";
import { type OpenedForUser, openForUser } from "../../src/libc/users/open_for_user.ts";
import type { Purpose } from "../../src/libc/users/path_walk.ts";
import { parentPid } from "../../src/libc/processes/process.ts";
import { spawn } from "../../src/libc/processes/spawn.ts";
import {
  type FileStatus,
  listDirectory,
  statFd,
  statPath,
} from "../../src/libc/descriptors/stat.ts";
import { skip } from "../skip.ts";
import { assert, assertEquals, assertMatch, assertThrows, test } from "./harness.ts";
import {
  descriptors,
  end,
  eventually,
  isRoot,
  output,
  playRole,
  roleCommand,
  statusField,
  text,
  withDirectory,
} from "./support.ts";

// The kernel's own protection of sticky directories may be off, as it is on many hosts: nothing here relies on it.
const USER: Credentials = { uid: 65_534, gid: 65_534, groups: [65_534] };
const STRANGER = 1;
const SECRET = "of root\n";

await playRole({ swap });

/** Where root keeps what nobody else may reach, and the user a directory. */
interface Place {
  readonly path: string;
  /** 0700 of root, with a `file` in it that everybody could read. */
  readonly hidden: string;
  /** 0755 of the user. */
  readonly users: string;
  /** 1777 of root. */
  readonly sticky: string;
}

async function inPlace(body: (place: Place) => void | Promise<void>): Promise<void> {
  await withDirectory(async (path) => {
    // The way to it is everybody's, as that to /var/log.
    await output("chmod", "755", path);
    const place = { path, hidden: `${path}/root`, users: `${path}/user`, sticky: `${path}/tmp` };
    await output("mkdir", place.hidden, place.users, place.sticky);
    await output("chmod", "700", place.hidden);
    await output("chmod", "1777", place.sticky);
    await output("chown", `${USER.uid}:${USER.gid}`, place.users);
    write(`${place.hidden}/file`, SECRET);
    await output("chmod", "666", `${place.hidden}/file`);
    await body(place);
    assertEquals(listDirectory(place.hidden), ["file"], "nothing was made where only root may");
    assertEquals(readTextOrNothing(`${place.hidden}/file`), SECRET, "nor written");
    // As it was before.
    for (const name of ["Uid", "Gid"]) {
      assertMatch(statusField("thread-self", name), /^0\s0\s0\s0$/);
    }
  });
}

function write(path: string, content: string): void {
  const fd = openFile(path, O_WRONLY | O_CREAT | O_EXCL);
  writeAll(fd, content);
  closeFile(fd);
}

/** Opens, calls `body`, and closes. */
function opening(
  path: string,
  purpose: Purpose,
  body: (opened: OpenedForUser, status: FileStatus) => void = () => {},
): void {
  const opened = openForUser(path, purpose, USER);
  try {
    body(opened, statFd(opened.fd));
  } finally {
    for (const fd of new Set([opened.fd, opened.directory])) closeFile(fd);
  }
}

function refused(path: string, purpose: Purpose, pattern: RegExp): void {
  const before = openDescriptors();
  assertThrows(() => opening(path, purpose), Error, undefined, `${purpose} ${path}`);
  try {
    opening(path, purpose);
  } catch (error) {
    const { message, hint = "" } = error as ImpError;
    assertMatch(`${message}\n${hint}`, pattern, `${purpose} ${path}`);
  }
  assertEquals(openDescriptors(), before, "no descriptor is left");
}

/** Files and directories; the runtime opens pipes and sockets of its own as it likes. */
function openDescriptors(): number {
  return Object.values(descriptors("self")).filter((target) => target.startsWith("/")).length;
}

if (!isRoot) {
  test("acting as a user: only root can", () => {
    assertThrows(() => actAs(USER, () => 0), Error, "EPERM");
  });
  test("open for a user", (name) => skip(name, "it needs root"));
} else {
  test("open for a user: what root alone can steer is opened as root, and made for the user", () =>
    inPlace(async ({ path, hidden, users }) => {
      await output("mkdir", `${path}/var`, `${path}/data`);
      await output("chmod", "700", `${path}/data`);
      await output("ln", "-s", "../data/new.log", `${path}/var/a.log`);
      opening(`${path}/var/a.log`, "output", ({ made, rights, name }, { uid, gid, links }) => {
        assertEquals([made, rights, name, uid, gid, links], [
          true,
          "root",
          "new.log",
          USER.uid,
          USER.gid,
          1,
        ]);
      });
      opening(`${path}/var/a.log`, "output", ({ made }) => assertEquals(made, false));
      opening(`${hidden}/../root/./file`, "input", ({ fd, rights }) => {
        assertEquals([rights, text(readSome(fd) as Uint8Array)], ["root", SECRET]);
      });
      for (const folder of ["/", path, users]) {
        opening(folder, "directory", ({ rights }) => assertEquals(rights, "root", folder));
      }
    }));

  test("open for a user: in a directory of the user everything is opened and made by the user", () =>
    inPlace(async ({ users, path }) => {
      opening(`${users}/own.log`, "output", ({ made, rights }, { uid, gid }) => {
        assertEquals([made, rights, uid, gid], [true, "user", USER.uid, USER.gid]);
      });
      opening(`${users}/own.log`, "output", ({ made }) => assertEquals(made, false));
      await output("install", "-d", "-o", `${USER.uid}`, `${users}/logs`);
      await output("ln", "-s", `${path}/user/logs`, `${users}/link`);
      opening(`${users}/link/..//./logs/y`, "output", ({ rights }) => {
        assertEquals(rights, "user");
      });
      assertEquals((statPath(`${users}/logs/y`) as FileStatus).uid, USER.uid);
      opening(`${users}/link`, "directory", ({ rights }) => assertEquals(rights, "user"));
    }));

  test("open for a user: links of the user lead to nothing that the user cannot reach", () =>
    inPlace(async ({ users, hidden, path }) => {
      await output("ln", "-s", `${hidden}/file`, `${users}/file`);
      await output("ln", "-s", "../root/new", `${users}/new`);
      await output("ln", "-s", hidden, `${users}/folder`);
      await output("chown", "-h", `${USER.uid}`, `${users}/file`);
      for (const name of ["file", "new", "folder/file", "folder/new"]) {
        refused(`${users}/${name}`, "output", /EACCES .* used the rights of user 65534/s);
        refused(`${users}/${name}`, "input", /EACCES/);
      }
      refused(`${users}/folder/.`, "directory", /EACCES|ENOTDIR/);
      // A link of the user in a directory of root is the user's too.
      await output("ln", "-s", `${hidden}/file`, `${path}/theirs`);
      opening(`${path}/theirs`, "input", ({ rights }) => assertEquals(rights, "root"));
      await output("chown", "-h", `${USER.uid}`, `${path}/theirs`);
      refused(`${path}/theirs`, "input", /EACCES .*link in .* belongs to another user/s);
    }));

  test("open for a user: a group or everybody who may write steers a directory too", () =>
    inPlace(async ({ path }) => {
      for (const mode of ["775", "777", "757"]) {
        await output("mkdir", "-m", mode, `${path}/${mode}`);
        await output("ln", "-s", "../root/file", `${path}/${mode}/a`);
        refused(`${path}/${mode}/a`, "input", /EACCES/);
      }
      refused(`${path}/775/new`, "output", /EACCES/);
      opening(`${path}/777/new`, "output", (_, { uid }) => assertEquals(uid, USER.uid));
    }));

  test("open for a user: a sticky directory is treated as the kernel's protection does", () =>
    inPlace(async ({ path, sticky, users }) => {
      write(`${path}/public`, "");
      await output("chmod", "666", `${path}/public`);
      const link = async (name: string, uid: number) => {
        await output("ln", "-s", `${path}/public`, `${sticky}/${name}`);
        await output("chown", "-h", `${uid}`, `${sticky}/${name}`);
      };
      await link("own", USER.uid);
      await link("roots", 0);
      await link("strangers", STRANGER);
      opening(`${sticky}/own`, "output", ({ rights }) => assertEquals(rights, "user"));
      opening(`${sticky}/roots`, "output", ({ rights }) => assertEquals(rights, "user"));
      refused(`${sticky}/strangers`, "output", /EACCES .*symbolic link of another user/s);
      refused(`${sticky}/strangers`, "input", /EACCES/);

      write(`${sticky}/file`, "");
      await output("chmod", "666", `${sticky}/file`);
      opening(`${sticky}/file`, "output", ({ rights }) => assertEquals(rights, "user"));
      await output("chown", `${STRANGER}`, `${sticky}/file`);
      refused(`${sticky}/file`, "output", /EACCES .*file of another user/s);
      opening(`${sticky}/file`, "input");
      await output("mkfifo", "-m", "666", `${sticky}/fifo`);
      await output("chown", `${STRANGER}`, `${sticky}/fifo`);
      refused(`${sticky}/fifo`, "output", /EACCES|ENXIO/);

      // What root keeps there nobody else can have put there.
      await output("mkdir", "-m", "700", `${sticky}/roots.d`);
      opening(`${sticky}/roots.d/log`, "output", ({ rights }) => assertEquals(rights, "root"));
      // The same where a link of the user leads.
      await output("ln", "-s", sticky, `${users}/tmp`);
      refused(`${users}/tmp/strangers`, "output", /EACCES .*symbolic link of another user/s);
      refused(`${users}/tmp/roots.d/log`, "output", /EACCES/);
    }));

  test("open for a user: no FIFO holds it up", () =>
    inPlace(async ({ users, path }) => {
      for (const folder of [users, path]) {
        await output("mkfifo", "-m", "666", `${folder}/fifo`);
        refused(`${folder}/fifo`, "output", /ENXIO .*nobody reads this FIFO/s);
        opening(`${folder}/fifo`, "input", (_, { kind }) => assertEquals(kind, "fifo"));
      }
    }));

  test("open for a user: what means whoever opens it is not imp's for the user", () =>
    inPlace(async ({ users, path, hidden }) => {
      const fd = openFile(`${hidden}/file`, O_RDWR);
      await output("ln", "-s", `/proc/self/fd/${fd}`, `${path}/stdout`);
      opening(`${path}/stdout`, "input", ({ fd }) => {
        assertEquals(text(readSome(fd) as Uint8Array), SECRET);
      });
      opening("/proc/self/cwd", "directory");
      const own = libc("getpid").getpid();
      const targets = [
        `/proc/self/fd/${fd}`,
        `/proc/${own}/fd/${fd}`,
        `/proc/thread-self/fd/${fd}`,
      ];
      for (const target of [...targets, "/proc/self/maps", "/proc/self/environ", "/dev/tty"]) {
        await output("ln", "-sfn", target, `${users}/link`);
        refused(`${users}/link`, "input", /EACCES .*others can steer this path/s);
        refused(`${users}/link`, "output", /EACCES/);
      }
      await output("ln", "-sfn", "/proc/sys/kernel/core_pattern", `${users}/link`);
      refused(`${users}/link`, "output", /EACCES/);
      await output("ln", "-sfn", "/proc/self/root", `${users}/link`);
      refused(`${users}/link`, "directory", /EACCES/);
      closeFile(fd);
    }));

  test("open for a user: links in a circle, what is missing, and what is no directory", () =>
    inPlace(async ({ users, path }) => {
      for (const folder of [users, path]) {
        await output("ln", "-s", "circle", `${folder}/circle`);
        refused(`${folder}/circle`, "output", /ELOOP/);
        refused(`${folder}/circle/x`, "output", /ELOOP/);
        refused(`${folder}/circle`, "directory", /ELOOP/);
        refused(`${folder}/missing/x`, "output", /ENOENT/);
        refused(`${folder}/missing`, "input", /ENOENT \([^)]*\)\n$/);
        refused(`${folder}/missing`, "directory", /ENOENT/);
        refused(folder, "output", /EISDIR/);
        refused(`${folder}/`, "input", /EISDIR/);
        refused(`${folder}/..`, "output", /EISDIR/);
        write(`${folder}/file`, "");
        refused(`${folder}/file/x`, "output", /ENOTDIR/);
        refused(`${folder}/file/`, "input", /ENOTDIR/);
        refused(`${folder}/file`, "directory", /ENOTDIR/);
        refused(`${folder}/${"x".repeat(256)}`, "output", /ENAMETOOLONG/);
      }
    }));

  test("open for a user: where root is to make files, the user may, if the way there is the user's", () =>
    inPlace(async ({ users, path, hidden }) => {
      await output("mkdir", `${path}/etc`);
      await output("install", "-d", "-o", `${USER.uid}`, `${users}/run`);
      for (const [name, target] of [["etc", `${path}/etc`], ["hidden", hidden], ["own", "run"]]) {
        await output("ln", "-s", target, `${users}/${name}`);
      }
      const purpose = "writable directory";
      for (const folder of [path, hidden, users, `${path}/etc`]) {
        opening(folder, purpose, ({ rights }) => assertEquals(rights, "root", folder));
      }
      for (const folder of [`${users}/run`, `${users}/own`]) {
        opening(folder, purpose, ({ rights }) => assertEquals(rights, "user", folder));
      }
      opening(`${users}/etc`, "directory");
      refused(`${users}/etc`, purpose, /cannot make files in .*EACCES/);
      for (const one of [purpose, "directory"] as const) refused(`${users}/hidden`, one, /EACCES/);
    }));

  test("open for a user: any path leads where the kernel leads whoever has those rights", () =>
    inPlace(async ({ path, users }) => {
      const { names, script } = tangle(path, users);
      await output("sh", "-c", script);
      let opened = 0;
      for (let i = 0; i < 600; i++) {
        const parts = Array.from({ length: 1 + random(5) }, () => names[random(names.length)]);
        const wanted = `${[path, users][random(2)]}/${parts.join("/")}${["", "", "/"][random(3)]}`;
        const purpose = (["input", "directory"] as const)[random(2)];
        const kernel = (user: boolean) => inodeOf(wanted, purpose, user);
        try {
          opening(wanted, purpose, ({ rights }, { inode }) => {
            opened++;
            assertEquals(String(inode), kernel(rights === "user"), `${purpose} ${wanted}`);
          });
        } catch (error) {
          const { errno } = error as ImpError;
          if (errno === undefined) throw error;
          // A user's path may be closed to the user and open to root.
          assert([kernel(true), kernel(false)].includes(errno), `${purpose} ${wanted}: ${error}`);
        }
      }
      assert(opened > 60, `${opened} were opened`);
    }));

  test("acting as a user: no capability, no group of root, this thread alone, and back in any case", () => {
    const credentials = (of: string) =>
      ["Uid", "Gid", "Groups", "CapEff"].map((name) => field(of, name));
    const threads = () =>
      (listDirectory("/proc/self/task") as string[]).map((id) => `self/task/${id}`);
    const before = threads().map(credentials);
    assertThrows(
      () =>
        actAs({ uid: 12_345, gid: 54_321, groups: [54_321, 7] }, () => {
          const [uid, gid, groups, capabilities] = credentials("thread-self");
          assertEquals(uid.split(/\s/), ["0", "12345", "0", "12345"]);
          assertEquals(gid.split(/\s/), ["0", "54321", "0", "54321"]);
          assertEquals(groups.split(" ").toSorted(), ["54321", "7"]);
          assertMatch(capabilities, /^0+$/);
          const changed = threads().filter((thread) => credentials(thread)[0].includes("12345"));
          assertEquals(changed.length, 1, "only the thread that asked");
          throw new Error("from within");
        }),
      Error,
      "from within",
    );
    assertEquals(threads().map(credentials), before);
  });

  test("open for a user: whoever swaps names meanwhile wins nothing", () =>
    inPlace(async ({ users, hidden, sticky, path }) => {
      // name ⇄ {a file of the user, a link to root's}, and a directory of the user ⇄ a link to root's.
      write(`${users}/a`, "");
      await output("ln", "-s", `${hidden}/file`, `${users}/b`);
      await output("mkdir", `${users}/c`);
      write(`${users}/c/file`, "");
      await output("ln", "-s", hidden, `${users}/d`);
      write(`${sticky}/a`, "");
      await output("ln", "-s", `${hidden}/file`, `${sticky}/b`);
      await output("chown", "-hR", `${USER.uid}`, users, `${sticky}/a`, `${sticky}/b`);
      const secret = statPath(`${hidden}/file`) as FileStatus;
      const attackers = [`${users}/a`, `${users}/c`, `${sticky}/a`].map((name, i) => {
        const other = [`${users}/b`, `${users}/d`, `${sticky}/b`][i];
        const { argv, env } = roleCommand(import.meta, "swap", name, other, `${name}.x`);
        const words = Object.entries(env).map(([key, value]) => `${key}=${value}`);
        return spawn({ path: argv[0], argv, env: words, descriptors: [[2, 1], [2, 2]] });
      });
      try {
        const seen = new Map<string, number>();
        const tally = (what: string) => seen.set(what, (seen.get(what) ?? 0) + 1);
        const names = [`${users}/a.x`, `${users}/c.x/file`, `${sticky}/a.x`];
        const tries = () => {
          for (const name of names) {
            try {
              opening(name, "input", (_, { inode }) => {
                tally(inode === secret.inode ? "won" : "opened");
              });
            } catch (error) {
              // Not out of its text: the name of a directory of a test has capitals as well.
              tally((error as ImpError).errno ?? String(error));
            }
          }
        };
        await eventually(
          () => {
            for (let i = 0; i < 200; i++) tries();
            // More often where there is a processor for each of them.
            return ["opened", "EACCES", "ENOENT"].every((what) => (seen.get(what) ?? 0) > 10);
          },
          "the swaps are seen",
        ).catch((error) => {
          const states = attackers.map((pid) => field(String(pid), "State")).join(", ");
          throw new Error(`${error.message}: ${[...seen].join(" ")}; the attackers: ${states}`);
        });
        assertEquals(seen.get("won"), undefined, [...seen].join(" "));
        assertEquals(readTextOrNothing(`${path}/root/file`), SECRET);
      } finally {
        attackers.forEach(end);
      }
    }));
}

let state = 1;

/** From 0 to below `below`, the same in every run. */
function random(below: number): number {
  state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
  return Math.floor(state / 2 ** 31 * below);
}

/** Directories of root, the user and a stranger, each with a file, and with links every way between them. */
function tangle(path: string, users: string): { names: string[]; script: string } {
  const folders = [path, users];
  for (let i = 0; i < 10; i++) folders.push(`${folders[random(folders.length)]}/d${i % 3}`);
  const owners = [0, USER.uid, STRANGER];
  const lines = folders.map((folder) => `mkdir -p -m 755 ${folder}; echo >${folder}/f`);
  for (const folder of folders) {
    for (let i = 0; i < 4; i++) {
      const to = folders[random(folders.length)];
      const relative = [`../d${i % 3}`, `d${i % 3}/..`, `l${random(4)}`, "..", "f"];
      const target = [to, `${to}/`, `${to}/f`, ...relative][random(8)];
      const link = `${folder}/l${i}`;
      lines.push(`ln -sfn ${target} ${link}; chown -h ${owners[random(3)]} ${link}`);
    }
  }
  for (const folder of folders.slice(2)) lines.push(`chown ${owners[random(3)]} ${folder}`);
  return { names: "d0 d1 d2 l0 l1 l2 l3 f f f .. .".split(" "), script: lines.join("\n") };
}

/** What the kernel itself opens; the errno name when it does not. */
function inodeOf(path: string, purpose: "input" | "directory", asUser: boolean): string {
  const flags = purpose === "input" ? O_RDONLY | O_NONBLOCK : O_PATH | O_DIRECTORY;
  // Entering needs a right on the directory itself.
  const open = () => tryOpen(purpose === "input" ? path : `${path}/.`, flags);
  const fd = asUser ? actAs(USER, open) : open();
  if (fd < 0) return errnoName(-fd);
  const { inode, kind } = statFd(fd);
  closeFile(fd);
  return purpose === "input" && kind === "directory" ? "EISDIR" : String(inode);
}

function field(of: string, name: string): string {
  const status = readTextOrNothing(`/proc/${of}/status`) ?? "";
  return new RegExp(`^${name}:[ \t]*(.*?) *$`, "m").exec(status)?.[1] ?? `no ${name}`;
}

/** The attacker: as the user, lets one name be two things in turn, as fast as it can be done, until imp is gone. */
function swap(): void {
  const words = text(openAndRead("/proc/self/cmdline")).split("\0").slice(0, -1);
  const [one, other, name] = words.slice(-3);
  const c = libc("setgroups", "setgid", "setuid", "renameat", "getppid");
  const parent = parentPid();
  c.setgroups(0, 0);
  c.setgid(USER.gid);
  c.setuid(USER.uid);
  const paths = [one, other, name].map((path) => cString(path));
  while (c.getppid() === parent) {
    for (const path of [paths[0], paths[1]]) {
      c.renameat(-100, path, -100, paths[2]);
      // As long as the others need to look at it, more or less.
      for (let i = 0; i < 20; i++) c.getppid();
      c.renameat(-100, paths[2], -100, path);
    }
  }
}

function openAndRead(path: string): Uint8Array {
  const fd = tryOpen(path, 0);
  const bytes = readSome(fd) as Uint8Array;
  closeFile(fd);
  return bytes;
}
