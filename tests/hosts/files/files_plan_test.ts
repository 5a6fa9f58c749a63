import { assertEquals, assertThrows } from "@std/assert";
import { ImpError } from "../../../src/base/errors.ts";
import { FilesPlan } from "../../../src/hosts/files/files_plan.ts";
import { bytesOf } from "../../../src/pool/bytes.ts";

const HOST = { isHere: false, at: { host: bytesOf("web1"), login: bytesOf("eve@web1") } };
const HERE = { isHere: true, at: { host: bytesOf(":"), login: bytesOf(":") } };

interface Words {
  readonly sent?: string[];
  readonly returned?: string[];
  readonly base?: string[];
  readonly workdir?: string;
}

function planOf({ sent = [], returned = [], base = [], workdir }: Words): FilesPlan {
  const words = (texts: string[]) => texts.map(bytesOf);
  const dir = workdir === undefined ? undefined : bytesOf(workdir);
  const files = { sent: words(sent), returned: words(returned), base: words(base), workdir: dir };
  return new FilesPlan({ ...files, cleanup: true }, { hosts: true }, () => "from/home");
}

function job(seq: number, ...items: string[]) {
  return { seq, items: { fields: items.map(bytesOf) } };
}

Deno.test("a job's files come of its items, its number, its slot and its host", () => {
  const plan = planOf({ sent: ["{}", "cfg/./{/.}"], returned: ["{.}.{#}.{%}.{host}"] });
  const { host, sent, returned } = plan.of(job(3, "d/x.c"), 2, HOST);
  assertEquals(host.sent, [
    { place: "d/x.c", source: "d/x.c" },
    { place: "x", source: "cfg/./x" },
  ]);
  assertEquals(host.returned, ["d/x.3.2.web1"]);
  assertEquals([sent.length, returned[0].path], [2, "d/x.3.2.web1"]);
});

Deno.test("several items are several files; without items there are none of them", () => {
  const plan = planOf({ sent: ["{}"], returned: ["{.}.o", "log.{#}"] });
  const { host } = plan.of(job(1, "a.c", "b.c"), 1, HOST);
  assertEquals(host.sent.map(({ place }) => place), ["a.c", "b.c"]);
  assertEquals(host.returned, ["a.o", "b.o", "log.1"]);
  assertEquals(plan.of(job(2), 1, HOST).host.returned, ["log.2"]);
});

Deno.test("the work directory: as it is written, as here, or one of its own", () => {
  const dir = (workdir: string | undefined, host = HOST) => {
    const { workdir: path, own } = planOf({ workdir }).of(job(1, "a"), 1, host).host;
    return own ? "own" : path;
  };
  assertEquals(dir(undefined), "");
  assertEquals(dir("w/{}"), "w/a");
  assertEquals(dir("."), "from/home");
  assertEquals(dir(".", HERE), "");
  assertEquals(dir("..."), "own");
});

Deno.test("a name is one job's: tried again it has it still, another job does not get it", () => {
  const plan = planOf({ returned: ["out"] });
  plan.of(job(1, "a"), 1, HOST);
  plan.of(job(1, "a"), 1, HERE);
  assertThrows(() => plan.of(job(2, "b"), 1, HOST), ImpError, "another job returns a file");
});

Deno.test("what all jobs of a host have is looked at at once", () => {
  assertEquals(planOf({}).base(HOST), undefined);
  const base = planOf({ base: ["d/./b"], workdir: "w" }).base(HOST)!;
  assertEquals([base.host.workdir, base.host.stays], ["w", true]);
  assertEquals(base.host.sent, [{ place: "b", source: "d/./b" }]);
  assertThrows(() => planOf({ base: ["../b"] }), ImpError, "outside of the work directory");
});
