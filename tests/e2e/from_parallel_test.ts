// docs/from-parallel.md is a promise: every line of it is run.
import { assert, assertEquals } from "@std/assert";
import { e2e, impBinary, type Sandbox } from "./harness.ts";
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
  e2e(`from GNU parallel and xargs: ${title}`, async (box) => {
    await prepare(box);
    assertEquals(await run(box, "imp", imp), output);
  }, toolsFor(imp));
  if (!peer) continue;
  const { program, script } = peer;
  e2e(`${program} does the same: ${title}`, async (box) => {
    await prepare(box);
    assertEquals(await run(box, program, script), output);
  }, [program, ...toolsFor(script)]);
}

/** Whether it has jobs done by hosts. */
function isRemote(script: string): boolean {
  return / (?:-S|--slf) /.test(script);
}

function toolsFor(script: string): readonly string[] {
  return isRemote(script) ? SSH_TOOLS : [];
}

/** What a line prints in a new folder with the page's files. */
async function run(box: Sandbox, name: string, script: string): Promise<string> {
  if (!isRemote(script)) return await runHere(box, name, script);
  const web = ["web1", "web2"].map((host) => ({ name: host, installed: true }));
  const hosts = await startHosts(box, web);
  try {
    return await runHere(box, name, script, hosts.ssh);
  } finally {
    await hosts.stop();
  }
}

async function runHere(box: Sandbox, name: string, script: string, ssh = "ssh"): Promise<string> {
  const cwd = box.path(name);
  await Deno.mkdir(cwd);
  const env = {
    LC_ALL: "C",
    SHELL: "/bin/sh",
    PARALLEL_SSH: ssh,
    PARALLEL_HOME: box.path("parallel-home"),
    PATH: `${box.path("bin")}:${Deno.env.get("PATH")}`,
  };
  const { stdout, stderr, signal } = await box.sh(`${setup}\n${script}`, { cwd, env });
  assertEquals(signal, null, stderr);
  if (stdout === "") assertEquals(stderr, "");
  return stdout;
}

async function prepare(box: Sandbox): Promise<void> {
  await Deno.mkdir(box.path("bin"));
  await Deno.symlink(impBinary(), box.path("bin/imp"));
  await Deno.mkdir(box.path("parallel-home"));
  // Without this file GNU parallel prints a request to be cited.
  await Deno.writeTextFile(box.path("parallel-home/will-cite"), "");
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
