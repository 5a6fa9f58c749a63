// Logs of kept daemons, where others have to do with the same files.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { e2eAsRoot, eventually, exists, rounds, sideBySide } from "./harness.ts";
import { counting, tmpfsDirectory, watchEnds } from "./kept_logs.ts";
import { KeptHome } from "./keeping.ts";

const e2e = sideBySide();

e2e("logs: rotated by rename, nginx opens its log again, every line is there once", async (box) => {
  const home = new KeptHome(box);
  const directory = tmpfsDirectory(box);
  try {
    const log = `${directory}/web.log`, socket = `${directory}/socket`;
    const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
      .map((one) => `${one}_temp_path ${directory}/${one};`).join(" ");
    const user = Deno.uid() === 0 ? "user root root;" : "";
    Deno.writeTextFileSync(
      `${directory}/conf`,
      `${user} daemon off; pid ${directory}/pid; error_log ${directory}/errors; worker_processes 1; events {}
http { log_format short "$uri of a request"; access_log ${log} short; ${paths}
  server { listen unix:${socket}; return 200 "hello"; } }`,
    );
    const options = ["--log", log, "--log-max", "4K", "--log-keep", "1000", "--log-reopen", "USR1"];
    const words = ["nginx", "-c", `${directory}/conf`, "-e", `${directory}/errors`];
    await home.done("start", "web", ...options, "--ready", `file:${socket}`, "--", ...words);
    const way = JSON.parse(Deno.readTextFileSync(`${home.path}/daemons/web/log.stdout.way`));
    if (way.mode !== "rename") box.skip("files in /dev/shm can be cut");
    let count = 0;
    const parts = () => [...Deno.readDirSync(directory)].filter(({ name }) => /\.\d+$/.test(name));
    const reopened = () => exists(log) && Deno.statSync(log).size > 0;
    while (count < 200 || parts().length < 2 || !reopened()) {
      await request(socket, `/line/${count++}`);
      assert(count < 100_000, "it is rotated");
    }
    const expected = Array.from({ length: count }, (_, i) => `/line/${i} of a request\n`).join("");
    let text = "";
    await eventually(
      async () => (text = await home.done("logs", "web")) === expected,
      () => `all lines, once, in order, not ${text.length} of ${expected.length} bytes`,
    );
    assertMatch(Deno.readTextFileSync(`${log}.1`), /^\/line\/\d+ of a request\n/);
    await home.done("stop", "web");
    await watchEnds(home);
  } finally {
    Deno.removeSync(directory, { recursive: true });
  }
}, ["nginx"]);

async function request(path: string, uri: string): Promise<void> {
  const connection = await Deno.connect({ transport: "unix", path });
  try {
    const text = `GET ${uri} HTTP/1.0\r\nHost: here\r\n\r\n`;
    await connection.write(new TextEncoder().encode(text));
    while (await connection.read(new Uint8Array(4096)) !== null);
  } finally {
    connection.close();
  }
}

e2e("logs: two daemons that would both cut one log are refused", async (box) => {
  const home = new KeptHome(box);
  const log = box.path("both.log");
  const both = ["--log", log, "--log-max", "1M"];
  await home.start("one", "exec sleep 1000", ...both);
  Deno.symlinkSync(log, box.path("link.log"));
  for (const path of [log, box.path("link.log")]) {
    const words = ["start", "two", "--log", path, "--log-max", "2M", "--", "sleep", "1000"];
    const { code, stderr } = await home.imp(words);
    assertEquals(code, 1);
    assertStringIncludes(stderr, "'one' cuts the same log");
    assertEquals(exists(`${home.path}/daemons/two`), false);
  }
  // Whoever only appends harms nobody.
  await home.start("two", "exec sleep 1000", "--log", log);
  await home.done("restart", "one");
  await home.done("stop", "--all");
  // Of two at once one comes first.
  await home.done("remove", "--all", "--yes");
  for (let i = 0; i < rounds(4, 40); i++) {
    const starts = await Promise.all(
      ["three", "four"].map((name) => home.imp(["start", name, ...both, "--", "sleep", "1000"])),
    );
    assertEquals(
      starts.map(({ code }) => code).sort(),
      [0, 1],
      starts.map((one) => one.stderr).join(),
    );
    assertEquals((await home.done("list", "--json")).trim().split("\n").length, 1);
    await home.done("remove", "--all", "--stop", "--yes");
  }
  await watchEnds(home);
});

e2e("logs: --ready log: finds its line while the log is being cut", async (box) => {
  const home = new KeptHome(box);
  const script = `${
    counting(20_000).replace("exec sleep 1000", "echo now ready; exec sleep 1000")
  }`;
  const options = ["--log-max", "64K", "--ready", "log:^now ready$", "--ready-timeout", "5m"];
  await home.start("web", script, ...options);
  await home.done("stop", "web");
  await watchEnds(home);
});

e2eAsRoot("logs: a stranger's link at a log's place is refused", async (box) => {
  const home = new KeptHome(box);
  Deno.chmodSync(box.path("."), 0o755);
  const shared = box.path("shared");
  Deno.mkdirSync(shared);
  Deno.chmodSync(shared, 0o1777);
  const precious = box.path("precious");
  Deno.writeTextFileSync(precious, "precious\n");
  const log = `${shared}/web.log`;
  const link = await box.run([
    ...["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"],
    ...["ln", "-s", precious, log],
  ]);
  assertEquals(link.code, 0, link.stderr);
  for (const more of [[], ["--log-max", "64K"], ["--log-format", "time"]]) {
    const words = ["start", "web", "--replace", "--log", log, ...more, "--", "sh", "-c", "echo no"];
    const { code, stderr } = await home.imp(words);
    assertEquals(code, 1, stderr);
    assertStringIncludes(stderr, "a symbolic link of another user");
    await home.done("stop", "web");
  }
  assertEquals(Deno.readTextFileSync(precious), "precious\n");
  assertEquals(Deno.readLinkSync(log), precious);
}, ["setpriv"]);

e2eAsRoot(
  "logs: a disk that is too full for a cut: smaller parts, and every line is whole",
  async (box) => {
    const home = new KeptHome(box);
    const small = box.path("small");
    Deno.mkdirSync(small);
    // In a mount namespace of its own: the mount goes with it.
    const script = `
    truncate -s 4M ${box.path("image")} && mkfs.ext4 -q -O ^has_journal -m 0 ${box.path("image")} &&
      mount -o loop ${box.path("image")} ${small} || exit 77
    free=$(df --output=avail -B1 ${small} | tail -1)
    head -c $((free - 500000)) /dev/zero > ${small}/filler
    writer='i=0; while [ $i -lt 40000 ]; do echo "line $i of some text that fills a line" && i=$((i+1)) || sleep 0.01; done; echo done > ${
      box.path("done")
    }; exec sleep 1000'
    $IMP start web --log ${small}/web.log --log-max 256K --log-keep 3 -- sh -c "$writer" || exit 1
    for i in $(seq 1200); do [ -e ${box.path("done")} ] && break; sleep 0.05; done
    $IMP logs web -n 100 > ${box.path("last")}
    $IMP logs web > ${box.path("all")}
    cat ${home.path}/daemons/web/log.stdout.way > ${box.path("way")}
    $IMP stop web
    for i in $(seq 1200); do fuser -s ${small} || break; sleep 0.05; done
  `;
    const { code, stderr } = await box.run(["unshare", "-m", "bash", "-c", script], {
      env: home.env,
    });
    if (code === 77) box.skip("no ext4 can be mounted");
    assertEquals(code, 0, stderr);
    await watchEnds(home);
    if (JSON.parse(Deno.readTextFileSync(box.path("way"))).mode !== "cut") box.skip("not cut");
    const numbers = (name: string) =>
      Deno.readTextFileSync(box.path(name)).split("\n").slice(0, -1).map((line) =>
        Number(/line (\d+) of some text that fills a line$/.exec(line)?.[1])
      );
    assertEquals(numbers("last").at(-1), 39_999);
    // What the program itself could write only a part of is not a line of these.
    const all = numbers("all").filter((number) => !Number.isNaN(number));
    const wrong = all.findIndex((number, i) =>
      i > 0 && number !== all[i - 1] + 1 && number !== all[i - 1]
    );
    assertEquals(wrong, -1, `${all.slice(wrong - 2, wrong + 2)}`);
    assert(all.length > 1000, `${all.length} lines are kept`);
  },
  ["unshare", "mkfs.ext4"],
);
