// The files of examples/ are run: by imp, and by stand-ins for a CI host and an image builder.
import { picturesOf } from "../../scripts/lib/links.ts";
import { freePort } from "../free_port.ts";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { asRoot, e2eOfBinary, eventually, impBinary, type Sandbox } from "./harness.ts";
import { withFreePorts } from "./page_examples.ts";

import { listed, submit } from "./queue_run.ts";
import { makeRelease, ownVersion } from "./release_archive.ts";

const read = (name: string) =>
  Deno.readTextFileSync(new URL(`../../examples/${name}`, import.meta.url))
    .replaceAll("0.4.1", ownVersion);

e2eOfBinary("examples/imp.toml: imp up takes it, in the order of its dependencies", async (box) => {
  const file = box.path("imp.toml");
  Deno.writeTextFileSync(file, read("imp.toml"), { mode: 0o600 });
  const env = { IMP_HOME: box.path("home") };
  const plan = async (...more: string[]) => {
    const run = await box.imp(["up", "--dry-run", "-f", file, ...more], { env });
    assertEquals([run.code, run.stderr], [0, ""]);
    return run.stdout.split("\n").map((line) => line.split(/[,(]/)[0]);
  };
  const usual = ["cleanup: start", "schema: start", "web: start"];
  assertEquals((await plan()).filter((line) => /^\w+: /.test(line)).sort(), usual);
  assert((await plan("--profile", "dev")).includes("watcher: start"));
});

e2eOfBinary(
  "examples/cluster: three servers and two workers, also with one server less",
  async (box) => {
    const ports = new Map<string, number>();
    const text = read("cluster/imp.toml").replace(/\b[468]22[1-3]\b/g, (port) => {
      if (!ports.has(port)) ports.set(port, freePort());
      return String(ports.get(port));
    });
    Deno.writeTextFileSync(box.path("imp.toml"), text, { mode: 0o600 });
    Deno.mkdirSync(box.path("jobs"));
    box.script("jobs/measure", read("cluster/jobs/measure"));
    Deno.mkdirSync(box.path("bin"));
    Deno.symlinkSync(impBinary(), box.path("bin/imp"));
    const env = {
      IMP_HOME: box.path("home"),
      PATH: `${box.path("bin")}:${Deno.env.get("PATH")}`,
    };
    const imp = async (...words: string[]) => {
      const run = await box.imp(words, { env });
      assertEquals([words, run.code], [words, 0], run.stderr);
      return run.stdout;
    };
    await imp("up", "-f", "imp.toml");
    const url = `nats://127.0.0.1:${ports.get("4221")},127.0.0.1:${ports.get("4223")}`;
    const measured = (run: string) =>
      listed(box, { url }, "list", run).then(([{ state }]) => state);
    await eventually(async () => {
      const { stdout } = await box.imp(["runs", "--on", url]);
      return stdout.startsWith("queue default: ");
    }, "the queue");
    const jobs = ["a", "bb"].map((word) => ["jobs/measure", word]);
    await submit(url, "one", jobs);
    await eventually(async () => await measured("one") === "done", "the first run");
    assertMatch(await imp("runs", "--on", url), /; 3 replicas\n/);
    await imp("stop", "nats2");
    await submit(url, "two", [...jobs, ["sh", "-c", "echo no"]]);
    await eventually(async () => await measured("two") === "done", "the second run");
    const [failed, ...rest] = await listed(box, { url }, "failures");
    assertEquals([failed.run, failed.job, rest.length], ["two", 3, 0]);
    await imp("down", "-f", "imp.toml");
  },
  ["nats-server"],
);

e2eOfBinary(
  "examples/ci.yml: each of its steps, from the archive of a release",
  async (box) => {
    const text = read("ci.yml");
    const archive = await makeRelease(box, box.directory);
    const { stdout: files } = await box.sh(`tar -tf ${archive}`);
    const pictures = picturesOf(Deno.readTextFileSync(new URL("../../README.md", import.meta.url)));
    assert(pictures.length > 0);
    for (const picture of pictures) {
      assert(files.includes(`/${picture}\n`), `the README of the archive has no ${picture}`);
    }
    const temp = box.path("temp");
    Deno.mkdirSync(temp);
    box.script("good.sh", "echo good\n");
    const path = box.path("path");
    Deno.writeTextFileSync(path, "");
    const { stdout: sum } = await box.sh(`sha256sum ${archive}`);
    const env = {
      RUNNER_TEMP: temp,
      GITHUB_PATH: path,
      IMP_URL: `file://${box.directory}`,
      IMP_SHA256: sum.slice(0, 64),
      IMP_NAME: /IMP_NAME: (\S+)/.exec(text)![1],
    };
    const steps = [...text.matchAll(/^( +)run: \|\n((?:\1 {2}.*\n?)+)/gm)].map(([, , script]) =>
      script
    );
    assertEquals(steps.length, 3);
    const other = await box.sh(`set -e\n${steps[0]}`, {
      env: { ...env, IMP_SHA256: "0".repeat(64) },
    });
    assertMatch(other.stderr, /did NOT match/);
    for (const step of steps) {
      const added = Deno.readTextFileSync(path).trim();
      const run = await box.sh(`set -e\n${withFreePorts(step)}`, {
        env: { ...env, PATH: `${added}:${Deno.env.get("PATH")}` },
      });
      assertEquals(run.code, 0, `${step}\n${run.stderr}`);
    }
  },
  ["curl", "python3"],
);

e2eOfBinary(
  "examples/Dockerfile: its steps, and its program under imp as PID 1 of a root of its own",
  asRoot(async (box) => {
    const text = read("Dockerfile");
    await makeRelease(box, box.directory);
    const all = text.replaceAll(/\\\n/g, "");
    const value = (name: string) => new RegExp(`^ARG ${name}=(.*)$`, "m").exec(all)![1];
    const [, script] = /^RUN (sha256sum .*)$/m.exec(all)!;
    const top = box.path("image");
    const build = await box.sh(`set -e\n${script.replaceAll("/opt/imp", `${top}/opt/imp`)}`, {
      env: { IMP_VERSION: value("IMP_VERSION"), IMP_TARGET: value("IMP_TARGET") },
    });
    assertEquals(build.code, 0, build.stderr);
    const words = (name: string): string[] =>
      JSON.parse(new RegExp(`^${name} (\\[.*\\])$`, "m").exec(all)![1]);
    const run = await runImage(box, top, [...words("ENTRYPOINT"), ...words("CMD")]);
    assertEquals(run.code, 7, run.stderr);
    assertEquals(run.stdout, "65534 imp\nTERM came\n");
    assertMatch(run.stderr, /outlived the program: pid \d+ \(sleep 300\)/);
  }),
  ["setpriv", "unshare"],
);

/** The app says who it and PID 1 are, has a TERM sent to PID 1, and leaves a process behind. */
const APP = `#!/bin/sh
trap 'echo TERM came; exit 7' TERM
echo "$(id -u) $(cat /proc/1/comm)"
sleep 300 &
kill -TERM 1
while :; do sleep 0.1; done
`;

function runImage(box: Sandbox, top: string, words: string[]) {
  for (const folder of ["app", "usr", "proc", "dev", "tmp"]) Deno.mkdirSync(`${top}/${folder}`);
  for (const folder of ["bin", "lib", "lib64"]) {
    Deno.symlinkSync(`usr/${folder}`, `${top}/${folder}`);
  }
  Deno.writeTextFileSync(`${top}/app/app`, APP);
  Deno.chmodSync(`${top}/app/app`, 0o755);
  Deno.chmodSync(box.directory, 0o755);
  // A bind of /usr, with a /usr/local that has only what the image copies there.
  return box.run([
    "unshare",
    "--mount",
    "--pid",
    "--fork",
    "sh",
    "-ec",
    `mount --bind /usr ${top}/usr; mount -t tmpfs none ${top}/usr/local; mkdir ${top}/usr/local/bin
    cp ${top}/opt/imp/bin/imp ${top}/usr/local/bin/imp
    mount --bind /dev ${top}/dev; mount -t proc none ${top}/proc; cd ${top}
    export PATH=/usr/local/bin:/usr/sbin:/usr/bin HOME=/
    exec chroot ${top} setpriv --reuid=65534 --regid=65534 --clear-groups sh -c 'cd /app; exec "$@"' sh "$@"`,
    "sh",
    ...words,
  ]);
}
