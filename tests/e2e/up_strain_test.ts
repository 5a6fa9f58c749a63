// imp up where something is short, closed or hostile.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { e2eAsRoot, exists, sideBySide } from "./harness.ts";
import { ProjectSample, shell, SLEEP } from "./project.ts";

const e2e = sideBySide();

const many = (n: number, more = "") =>
  Array.from({ length: n }, (_, i) => `[daemons.d${i}]\n${SLEEP}\n${more}\n`).join("");

e2e("imp up: dozens at once, with few descriptors", async (box) => {
  const site = new ProjectSample(box);
  site.write(many(40));
  const { code, stderr } = await box.sh(`ulimit -n 64; cd site && "$IMP" up -q`, {
    env: site.home.env,
  });
  assertEquals([code, stderr], [0, ""]);
  assertEquals((await site.plan()).filter((one) => one.startsWith("stay")).length, 40);
  const down = await box.sh(`ulimit -n 64; cd site && "$IMP" down -q`, { env: site.home.env });
  assertEquals([down.code, down.stderr], [0, ""]);
});

e2e("imp up: who does not read what it says does not end what it does", async (box) => {
  const site = new ProjectSample(box);
  site.write(many(8));
  const full = await box.sh(`cd site && "$IMP" up --json > /dev/full`, { env: site.home.env });
  assertEquals(full.code, 125, full.stderr);
  assertEquals((await site.plan()).filter((one) => one.startsWith("stay")).length, 8);
  const down = await box.sh(`cd site && "$IMP" down > /dev/full`, { env: site.home.env });
  assertEquals(down.code, 125, down.stderr);
  assertEquals((await site.plan()).filter((one) => one.startsWith("start")).length, 8);
  await box.sh(`cd site && "$IMP" up | head -n 1`, { env: site.home.env });
  assertEquals((await site.plan()).filter((one) => one.startsWith("stay")).length, 8);
  await site.end();
});

e2e("imp up: one name in two files at the same time is one file's", async (box) => {
  const [one, other] = [new ProjectSample(box, "one"), new ProjectSample(box, "other")];
  one.write(`[daemons.web]\n${SLEEP}\n`);
  other.write(`[daemons.web]\n${SLEEP}\nnice = 5\n`);
  const results = await Promise.all([one, other].map((site) => site.imp(["up"])));
  assertEquals(results.map(({ code }) => code).toSorted(), [0, 1], JSON.stringify(results));
  const { stderr } = results.find(({ code }) => code === 1)!;
  assertStringIncludes(stderr, "belongs to");
  await one.end();
});

e2e("imp up: a program that does not exist is reported for its daemon alone", async (box) => {
  const site = new ProjectSample(box);
  site.write(
    `[daemons.a]\ncommand = "no-such-program"\n[daemons.b]\n${SLEEP}\n[daemons.c]\n${SLEEP}\nuser = "no-such-user"\n`,
  );
  const { code, stderr } = await site.imp(["up"]);
  assert(code !== 0);
  assertStringIncludes(stderr, "no-such-program");
  assertStringIncludes(stderr, "no-such-user");
  assert(!exists(`${site.home.path}/daemons/a`));
  assertEquals(await site.plan(), ["start a", "stay b", "start c"]);
  await site.end();
});

e2eAsRoot(
  "imp up: a disk that is full is an error for each, and nothing is half done",
  async (box) => {
    const site = new ProjectSample(box);
    site.write(many(4));
    const { code, stderr } = await box.sh(
      `unshare -m sh -c 'mkdir -p small && mount -t tmpfs -o size=64k tmpfs small && dd if=/dev/zero of=small/fill bs=1k count=60 2>/dev/null
      cd site && IMP_HOME=${box.path("small")}/home "$IMP" up; code=$?; IMP_HOME=${
        box.path("small")
      }/home "$IMP" stop --all --now -q; exit $code'`,
    );
    assert(code !== 0);
    assertStringIncludes(stderr, "ENOSPC");
  },
);

e2e("imp up: hostile texts are shown, not obeyed", async (box) => {
  const site = new ProjectSample(box);
  site.write(`[daemons."\\u001b[31m"]\n${SLEEP}\n[daemons.b]\n${SLEEP}\n"\\u001b[2J" = 1\n`);
  const { code, stderr } = await site.imp(["up"]);
  assertEquals(code, 2);
  // deno-lint-ignore no-control-regex
  assert(!/\x1b/.test(stderr), stderr);
  Deno.writeFileSync(`${site.directory}/imp.toml`, new Uint8Array([0xff, 0xfe, 0]));
  assertStringIncludes((await site.imp(["up"])).stderr, "not a text in UTF-8");
  Deno.removeSync(`${site.directory}/imp.toml`);
  Deno.mkdirSync(`${site.directory}/imp.toml`);
  assertStringIncludes((await site.imp(["up"])).stderr, "not a plain file");
});

e2e("imp up: completions know the names of the file", async (box) => {
  const site = new ProjectSample(box);
  site.write(`[daemons.alpha]\n${SLEEP}\n[daemons.beta]\n${shell("x")}\n`);
  const { stdout } = await site.imp(["completion-words", "project"]);
  assertEquals(stdout.split("\n").map((line) => line.split("\t")[0]), ["alpha", "beta", ""]);
  // Without a file, or with a wrong one, there are none: nothing is said.
  site.write("[x");
  assertEquals((await site.imp(["completion-words", "project"])).stdout, "");
});
