// imp logs: which lines, of which daemons, in which form.
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { e2e, eventually, impBinary } from "./harness.ts";
import { watchEnds } from "./kept_logs.ts";
import { KeptHome } from "./keeping.ts";

async function written(home: KeptHome, name: string, text: string): Promise<void> {
  await eventually(
    async () => (await home.imp(["logs", name])).stdout.includes(text),
    `${name} has written ${text}`,
  );
}

e2e(
  "logs: of the only daemon, of several, of patterns; the last lines; stderr apart",
  async (box) => {
    const home = new KeptHome(box);
    const none = await home.imp(["logs"]);
    assertEquals([none.code, none.stdout], [1, ""]);
    assertStringIncludes(none.stderr, "there is no kept daemon");
    await home.start("web", "for i in 1 2 3; do echo web $i; done; printf begun; exec sleep 1000");
    await written(home, "web", "begun");
    assertEquals(await home.done("logs"), "web 1\nweb 2\nweb 3\nbegun\n");
    assertEquals(await home.done("logs", "-n", "2"), "web 3\nbegun\n");
    assertEquals(await home.done("logs", "-n0"), "");
    await home.start(
      "api",
      "echo out; echo bad >&2; exec sleep 1000",
      "--log-err",
      box.path("err"),
    );
    await written(home, "api", "bad");
    const several = await home.imp(["logs"]);
    assertEquals([several.code, several.stdout], [1, ""]);
    assertStringIncludes(several.stderr, "api, web");
    assertEquals(
      await home.done("logs", "web", "api", "-n", "1"),
      "web     | begun\napi     | out\napi:err | bad\n",
    );
    assertEquals(await home.done("logs", "w*"), await home.done("logs", "web"));
    assertEquals(await home.done("logs", "--stderr", "api"), "bad\n");
    const colored = await home.done("logs", "--all", "-n1", "--color", "always");
    assertMatch(colored.replaceAll("\x1b", "ESC"), /^ESC\[\d+mapi {5}\|ESC\[39m out\n/);
    const unknown = await home.imp(["logs", "nix"]);
    assertEquals([unknown.code, unknown.stdout], [1, ""]);
    assertStringIncludes(unknown.stderr, "no kept daemon has that name");
    const json = (await home.done("logs", "api", "--json")).trim().split("\n").map((line) =>
      JSON.parse(line)
    );
    assertEquals(json, [
      { name: "api", stream: "stdout", time: null, line: "out" },
      { name: "api", stream: "stderr", time: null, line: "bad" },
    ]);
    const apart = await home.imp(["logs", "web", "--stderr"]);
    assertEquals(apart.code, 1);
    assertStringIncludes(apart.stderr, "stderr goes to the same log as stdout");
    await home.done("stop", "--all");
  },
);

e2e(
  "logs: times: of lines that have them exactly, of others as far as they are known",
  async (box) => {
    const home = new KeptHome(box);
    const script = `echo early; while [ ! -e ${
      box.path("go")
    } ]; do sleep 0.01; done; echo late; exec sleep 1000`;
    await home.start("timed", script, "--log-format", "time");
    await home.start("plain", script);
    await written(home, "timed", "early");
    const between = new Date(Date.now() + 1).toISOString();
    await eventually(() => new Date().toISOString() > between, "time goes on");
    Deno.writeTextFileSync(box.path("go"), "");
    await written(home, "timed", "late");
    await written(home, "plain", "late");
    assertMatch(await home.done("logs", "timed", "--since", between), /^\S+Z late\n$/);
    assertMatch(await home.done("logs", "timed", "--until", between), /^\S+Z early\n$/);
    assertEquals(await home.done("logs", "timed", "--since", "2040-01-01"), "");
    const [first] = (await home.done("logs", "timed", "--json")).split("\n");
    assertEquals(JSON.parse(first).line, "early");
    assertMatch(JSON.parse(first).time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    const plain = await home.imp(["logs", "plain", "--since", "1h"]);
    assertEquals(plain.stdout, "early\nlate\n");
    assertStringIncludes(plain.stderr, "its lines have no times");
    const wrong = await home.imp(["logs", "plain", "--since", "yesterday"]);
    assertEquals(wrong.code, 2);
    await home.done("stop", "--all");
    await watchEnds(home);
  },
);

e2e(
  "logs -f: across restarts, cuts and new daemons, whole lines, until nobody reads",
  async (box) => {
    const home = new KeptHome(box);
    const script =
      "i=0; while [ $i -lt 3000 ]; do echo \"line $i\"; i=$((i+1)); done; printf 'half'; sleep 0.2; echo ' line'; exec sleep 1000";
    await home.start("web", script, "--log-max", "8K", "--log-keep", "100");
    await written(home, "web", "half line");
    const follower = box.run(
      ["bash", "-c", `$IMP logs -f 'web*' -n 1 | head -n 6003 > ${box.path("seen")}`],
      { env: home.env },
    );
    const seen = () => Deno.readTextFileSync(box.path("seen"));
    await eventually(() => {
      const pids = box.processes();
      return pids.length > 1;
    }, "it follows");
    await home.done("restart", "web");
    await written(home, "web", "half line");
    await home.start("web-2", `${script.replace("line $i", "other $i")}`);
    const { code } = await follower;
    assertEquals(code, 0);
    const lines = seen().split("\n").slice(0, -1).map((line) => line.replace(/^\S+ +\| /, ""));
    assertEquals(lines.length, 6003);
    const numbers = lines.filter((line) => line.startsWith("line ")).map((line) => line.slice(5));
    const from = numbers.lastIndexOf("0");
    assertEquals(numbers.slice(from), Array.from({ length: 3000 }, (_, i) => String(i)));
    const others = lines.filter((line) => line.startsWith("other "));
    assertEquals(others, Array.from({ length: others.length }, (_, i) => `other ${i}`));
    await home.done("stop", "--all");
    await watchEnds(home);
  },
);

e2e("logs: any bytes, and what would write on a terminal", async (box) => {
  const home = new KeptHome(box);
  await home.start("bin", `printf 'a\\000\\377\\033[31mred\\033]0;title\\007\\n'; exec sleep 1000`);
  await written(home, "bin", "red");
  const raw = await new Deno.Command(impBinary(), {
    args: ["logs", "bin"],
    env: home.env,
  }).output();
  assertEquals([...raw.stdout], [
    97,
    0,
    255,
    ...new TextEncoder().encode("\x1b[31mred\x1b]0;title\x07\n"),
  ]);
  const shown = await box.sh(`script -qec '$IMP logs bin' /dev/null`, { env: home.env });
  assertEquals(shown.stdout.trimEnd(), "a\\x00\\xff\x1b[31mred\\e]0;title\\x07\x1b[0m");
  await home.done("stop", "bin");
});

e2e("logs: a line of hundreds of kilobytes is one line, for each of its readers", async (box) => {
  const home = new KeptHome(box);
  const long = 300_000;
  await home.start(
    "web",
    `head -c ${long} /dev/zero | tr '\\0' x; echo; echo end; exec sleep 1000`,
  );
  await written(home, "web", "end");
  const lengths = async (...options: string[]) =>
    (await home.done("logs", ...options, "web")).trimEnd().split("\n").map((line) => line.length);
  assertEquals(await lengths(), [long, 3]);
  assertEquals(await lengths("-n", "2"), [long, 3]);
  const [first] = (await home.done("logs", "--json", "web")).split("\n");
  assertEquals(JSON.parse(first).line.length, long);
  await home.done("stop", "web");
});
