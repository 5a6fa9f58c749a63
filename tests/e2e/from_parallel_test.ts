// docs/from-parallel.md is a promise: every line of it is run.
import { assert, assertEquals } from "@std/assert";
import { e2e, impBinary, type Sandbox } from "./harness.ts";
import { parallelHome } from "./parallel_home.ts";
import { SSH_TOOLS, startHosts } from "./sshd.ts";

interface Example {
  title: string;
  /** The line of the peer, where there is one. */
  peer?: { program: string; script: string };
  imp: string;
  output: string;
}

const PAGE = new URL("../../docs/from-parallel.md", import.meta.url);
const page = Deno.readTextFileSync(PAGE);
const setup = blocks(page).find(({ info }) => info === "sh setup")!.text;
const examples = readExamples(page);

Deno.test("the page has its examples", () => {
  assert(examples.length >= 40, `${examples.length} examples`);
  assert(examples.filter(({ peer }) => peer).length >= 35);
});

for (const { title, peer, imp, output } of examples) {
  const ours = { program: "imp", script: imp };
  // Hosts take longer to set up than to use: both use the same ones.
  const together = peer && isRemote(imp) ? [[ours, peer]] : [[ours], ...peer ? [[peer]] : []];
  for (const some of together) {
    const names = some.map(({ program }) => program);
    e2e(`${names.join(" and ")}, from GNU parallel and xargs: ${title}`, async (box) => {
      await Deno.mkdir(box.path("bin"));
      await Deno.symlink(impBinary(), box.path("bin/imp"));
      await withHosts(box, isRemote(imp), async (ssh) => {
        for (const { program, script } of some) {
          let printed = await run(box, program, script, ssh);
          // Who sleeps for less ends first, unless a busy machine has begun it too late.
          if (printed !== output && /\bsleep\b/.test(script)) {
            printed = await run(box, program, script, ssh, slowSleep(box));
          }
          assertEquals(printed, output, program);
        }
      });
    }, [...names.filter((name) => name !== "imp"), ...isRemote(imp) ? SSH_TOOLS : []]);
  }
}

/** Whether it has jobs done by hosts. */
function isRemote(script: string): boolean {
  return / (?:-S|--slf) /.test(script);
}

async function withHosts(box: Sandbox, are: boolean, work: (ssh: string) => Promise<void>) {
  if (!are) return await work("ssh");
  const web = ["web1", "web2"].map((host) => ({ name: host, installed: true }));
  const hosts = await startHosts(box, web);
  try {
    await work(hosts.ssh);
  } finally {
    await hosts.stop();
  }
}

/** A folder with a sleep that takes ten times as long. */
function slowSleep(box: Sandbox): string {
  const folder = box.path("slow");
  Deno.mkdirSync(folder);
  box.script("slow/sleep", `#!/bin/sh\nexec /bin/sleep "$(awk "BEGIN { print 10 * $1 }")"\n`);
  return folder;
}

/** What a line prints in a new folder with the page's files. @param programs a folder of programs that come first */
async function run(
  box: Sandbox,
  name: string,
  script: string,
  ssh: string,
  programs = "",
): Promise<string> {
  const cwd = Deno.makeTempDirSync({ dir: box.directory, prefix: name });
  const env = {
    LC_ALL: "C",
    SHELL: "/bin/sh",
    PARALLEL_SSH: ssh,
    PARALLEL_HOME: name === "parallel" ? await parallelHome(box) : "",
    PATH: [...programs ? [programs] : [], box.path("bin"), Deno.env.get("PATH")].join(":"),
  };
  const { stdout, stderr, signal } = await box.sh(`${setup}\n${script}`, { cwd, env });
  assertEquals(signal, null, stderr);
  if (stdout === "") assertEquals(stderr, "");
  return stdout;
}

function readExamples(page: string): Example[] {
  return page.split(/^### /m).slice(1).map((section) => {
    const title = section.slice(0, section.indexOf("\n"));
    const found = blocks(section);
    const text = (info: string) => found.find((block) => block.info === info)?.text;
    const program = ["parallel", "xargs"].find((name) => text(`sh ${name}`) !== undefined);
    const imp = text("sh imp");
    const output = text("text");
    if (imp === undefined || output === undefined) throw new Error(`${title}: incomplete`);
    const peer = program === undefined ? undefined : { program, script: text(`sh ${program}`)! };
    return { title, peer, imp, output };
  });
}

function blocks(text: string): { info: string; text: string }[] {
  return [...text.matchAll(/^```(\S[^\n]*)\n([\s\S]*?)^```$/gm)].map(([, info, text]) => ({
    info,
    text,
  }));
}
