// Kept daemons that are restarted by changes: imp start --on-change.
import { assertEquals, assertMatch } from "@std/assert";
import { eventually, sideBySide } from "./harness.ts";
import { SLEEP, Watcher } from "./watcher.ts";

const e2e = sideBySide();

e2e("changes: each way in which editors and tools write a file is seen", async (box) => {
  const web = new Watcher(box);
  await web.start();
  assertEquals(await web.restarts("echo b >>a.ts"), "src/a.ts changed");
  // sed -i, vim with backupcopy=no, and most others: a new file takes the name.
  assertEquals(await web.restarts("echo c >new && mv new a.ts"), "src/new changed");
  assertMatch(await web.restarts("sed -i s/c/d/ a.ts"), /^src\/(sed\w+|a\.ts) changed$/);
  // vim with backupcopy=yes: it is written in place.
  await web.restarts("cp a.ts a.ts~ && echo e >a.ts && rm a.ts~");
  assertEquals(await web.restarts("rm a.ts"), "src/a.ts changed");
  assertEquals(await web.restarts("ln -s nowhere link"), "src/link changed");
  assertEquals(
    await web.restarts(": >b.ts; chmod +x b.ts"),
    "src/b.ts changed",
  );
  const status = await web.home.done("status", "web");
  assertMatch(status, /restarts +restarted 7 times, last because src\/b\.ts changed/);
  assertMatch(status, /last change +src\/b\.ts, /);
  assertMatch(status, /was killed by TERM, by its keeper: src\/b\.ts changed/);
  await web.stop();
  assertEquals(web.state.changes, undefined);
});

e2e("changes: vim saves, in each of its ways", async (box) => {
  const web = new Watcher(box);
  await web.start();
  for (const way of ["no", "yes", "auto"]) {
    const vim = `vim -u NONE -N -es -c 'set backupcopy=${way} writebackup' -c 's/$/x/' -c wq a.ts`;
    assertMatch(await web.restarts(vim), /^src\/(a\.ts|4913) changed$/, way);
  }
  await web.stop();
}, ["vim"]);

e2e("changes: what is ignored starts nothing; what is not, does, beside it", async (box) => {
  const web = new Watcher(box);
  await web.sh("mkdir -p node_modules/x .git/objects docs/api");
  await web.start("--ignore", "node_modules/**", "--ignore", "*.log", "--ignore", "docs/**/*.md");
  await web.sh(
    "touch node_modules/x/y .git/HEAD .git/objects/z .a.ts.swp a.ts~ x.log docs/api/a.md",
  );
  await web.stays();
  await web.sh("echo >docs/b.md; mkdir node_modules/more; echo >node_modules/more/z");
  await web.stays();
  assertEquals(await web.restarts("echo >docs/api/a.html"), "src/docs/api/a.html changed");
  await web.stop();
});

e2e("changes: directories that appear are watched, with what is in them already", async (box) => {
  const web = new Watcher(box);
  await web.start();
  await web.restarts("mkdir -p one/two/three/four/five/six");
  assertEquals(
    await web.restarts("echo >one/two/three/four/five/six/f"),
    "src/one/two/three/four/five/six/f changed",
  );
  await web.sh("mkdir ../made ../made/deep && echo >../made/deep/f");
  assertEquals(await web.restarts("mv ../made moved"), "src/moved changed");
  assertEquals(await web.restarts("echo >moved/deep/f"), "src/moved/deep/f changed");
  assertEquals(await web.restarts("mv moved renamed"), "src/moved changed");
  assertEquals(await web.restarts("echo >renamed/deep/f"), "src/renamed/deep/f changed");
  // What has left is not watched any more.
  await web.restarts("mv renamed ../away");
  await web.sh("echo >../away/deep/f");
  await web.stays();
  await web.restarts("rm -r one");
  await web.stop();
});

e2e("changes: what is watched may go and come back", async (box) => {
  const web = new Watcher(box);
  await web.start();
  const log = box.path("file.conf");
  Deno.writeTextFileSync(log, "1");
  await web.restarts("mv ../src ../old");
  assertEquals(await web.restarts("mkdir src && : >src/x"), "src changed");
  assertEquals(await web.restarts("echo >../src/y"), "src/y changed");
  await web.sh("echo >../old/a.ts");
  await web.restarts("rm -r ../src");
  await web.restarts("mkdir src");
  await web.stop();
  // One file: replaced, removed, made again.
  await web.home.start("conf", SLEEP, "--on-change", log);
  const seen = async (script: string, restarts: number) => {
    await box.sh(script, { cwd: box.path(".") });
    await eventually(() => {
      const { restarts: now, phase } = web.home.record("conf", "state");
      return now === restarts && phase === "running";
    }, () => `${script}: ${JSON.stringify(web.home.record("conf", "state"))}`);
  };
  await seen("echo 2 >>file.conf", 1);
  await seen("echo 3 >n && mv n file.conf", 2);
  await seen("echo 4 >>file.conf", 3);
  await seen("rm file.conf", 4);
  await seen("echo 5 >file.conf", 5);
  await seen("echo 6 >>file.conf; echo >other", 6);
  await web.home.done("stop", "conf");
});

e2e(
  "changes: a link to a directory is followed when it is named, and may be replaced",
  async (box) => {
    const web = new Watcher(box);
    await web.sh("mkdir ../r1 ../r2; ln -s r1 ../current; ln -s ../r2 inner");
    const link = box.path("current");
    await web.home.start("web", SLEEP, "--on-change", link, "--on-change", web.src);
    assertEquals(await web.restarts("echo >../r1/x"), "current/x changed");
    assertEquals(
      await web.restarts("ln -s r2 ../next && mv -T ../next ../current"),
      "current changed",
    );
    assertEquals(await web.restarts("echo >../r2/y"), "current/y changed");
    await web.sh("echo >../r1/z");
    await web.stays();
    await web.stop();
  },
);
