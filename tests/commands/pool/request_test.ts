import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { UsageError } from "../../../src/base/errors.ts";
import { parseCommandLine } from "../../../src/cli/parse.ts";
import type { PoolRequest } from "../../../src/commands/pool/families.ts";
import { POOL_OPTIONS } from "../../../src/commands/pool/options.ts";
import { laneFrom, startFrom } from "../../../src/commands/pool/queue_terms.ts";
import { poolRequest } from "../../../src/commands/pool/request.ts";
import { runs } from "../../property_runs.ts";

function request(...words: string[]): PoolRequest {
  const { values, operands } = parseCommandLine({ options: POOL_OPTIONS }, words);
  return poolRequest(values, operands);
}

/** A request of that family. */
function asked<F extends PoolRequest["family"]>(
  family: F,
  ...words: string[]
): Extract<PoolRequest, { family: F }> {
  const made = request(...words);
  assertEquals(made.family, family);
  return made as Extract<PoolRequest, { family: F }>;
}

/** The words of a table, which hold no spaces. */
function refused(line: string): [message: string, hint?: string] {
  const words = line.split(" ").map((word) => word === "''" ? "" : word);
  const { message, hint } = assertThrows(() => request(...words), UsageError, "", line);
  return hint === undefined ? [message] : [message, hint];
}

Deno.test("imp pool: the words say which family is meant", () => {
  const table: [line: string, family: PoolRequest["family"]][] = [
    ["echo", "items"],
    ["echo {} ::: a b", "items"],
    ["--shell x", "items"],
    ["--pipe cat", "blocks"],
    ["--pipe -a file cat", "blocks"],
    ["--workers cat", "workers"],
    ["--call m.ts#f", "workers"],
    ["--call m.ts ::: a", "workers"],
    ["--sem name true", "semaphore"],
    ["--sem name -j2 true ::: a", "semaphore"],
  ];
  for (const [line, family] of table) assertEquals(request(...line.split(" ")).family, family);
});

Deno.test("imp pool: contradictions are refused, with the reason", () => {
  const contradict = (a: string, b: string) => `--${a} and --${b} cannot be used together`;
  const sem = (name: string) => `--sem runs one program, without items: leave out --${name}`;
  const need = (name: string, needed: string) => `--${name} needs ${needed}`;
  const delimiters = "-0 and -d both say what ends an item: give one of them";
  const csv = "--csv says what ends an item: leave out -0 and -d";
  const recend = "--recend, -0 and -d all say what ends a record: give one of them";
  const counts = "-n, -N and -L all say how many items a job gets: give one of them";
  const once = "standard input can be read only once";
  const table: [line: string, message: string, hint?: string][] = [
    ...["max-tasks-per-worker", "max-tasks-per-child", "ahead"].map((name) =>
      [`--${name} 3 cat`, need(name, "--workers or --call")] as [string, string]
    ),
    ["--max-memory-per-worker 3M cat", need("max-memory-per-worker", "--workers or --call")],
    ["--json-args cat", need("json-args", "--call")],
    ["--workers --json-args cat", need("json-args", "--call")],
    ["--block 1M cat", need("block", "--pipe")],
    ["--recend x cat", need("recend", "--pipe")],
    ["--recstart x cat", need("recstart", "--pipe")],
    ["--workers -N 3 cat", "-N needs PROGRAM to be a job"],
    ["-N 3 -n 3 cat", counts],
    ["-N 3 -L 3 cat", counts],
    ["-n 3 -L 3 cat", counts],
    ["-X -m cat", contradict("context", "multiple")],
    ["--pipe -L 3 cat", contradict("pipe", "max-lines"), "-N says how many records a block has"],
    ["--pipe -s 30 cat", contradict("pipe", "max-chars")],
    ["--header 2 cat", "--header 2: without --pipe it is ':', the first line of each source"],
    ["--pipe --pipepart -a x cat", "--pipepart alone is enough: leave out --pipe"],
    ["--pipepart cat", "--pipepart needs the file that is split: -a FILE"],
    ["--pipepart -a x -N 2 cat", "--pipepart does not count records: leave out -N"],
    ["--regexp cat", need("regexp", "--pipe")],
    ["--files --json cat", contradict("files", "json")],
    ["--workers --plus cat", contradict("workers", "plus")],
    ["-u --tagstring x cat", contradict("ungroup", "tagstring")],
    ["--workers -t cat", contradict("workers", "trace")],
    ["--workers --block 1M cat", need("block", "--pipe")],
    ["--call m.ts -N 3", "-N needs PROGRAM to be a job"],
    ["--pipe --json-args cat", need("json-args", "--call")],
    ["--pipe --ahead 3 cat", need("ahead", "--workers or --call")],
    ["--pipe --link cat", contradict("pipe", "link")],
    ["--pipe --colsep x cat", contradict("pipe", "colsep")],
    ["--pipe --csv cat", contradict("pipe", "csv")],
    ["--pipe -n2 cat", contradict("pipe", "max-args"), "-N says how many records a block has"],
    ["--pipe -X cat", contradict("pipe", "context")],
    ["--pipe -I x cat", contradict("pipe", "replace")],
    ["--pipe --stdin cat", contradict("pipe", "stdin")],
    [
      "--pipe --block 1M -N 2 cat",
      "--block and -N both say how large a block is: give one of them",
    ],
    ["--pipe --recend x -0 cat", recend],
    ["--pipe --recend x -d y cat", recend],
    ["--workers --call m.ts", "--call has workers of its own: leave out --workers"],
    ...["pipe", "stdin", "shell", "xargs", "line-buffer", "ungroup", "dry-run", "tty"].flatMap((
      name,
    ) => [
      [`--workers --${name} cat`, contradict("workers", name)] as [string, string],
      [`--call m.ts --${name}`, contradict("call", name)] as [string, string],
    ]),
    ["--workers --results d cat", contradict("workers", "results")],
    ["--workers -I x cat", contradict("workers", "replace")],
    ["--workers --csv cat", contradict("workers", "csv")],
    ["--workers --colsep x cat", contradict("workers", "colsep")],
    ["--sem x --pipe true", sem("pipe")],
    ["--sem x --call m.ts true", sem("call")],
    ["--sem x -a file true", sem("arg-file")],
    ["--sem x -k true", sem("keep-order")],
    ["--sem x --retry-delay 1s true", need("retry-delay", "--retries N")],
    ["--sem a/b true", "cannot use 'a/b' as a name"],
    ["--group --line-buffer x", contradict("group", "line-buffer")],
    ["--group -u x", contradict("group", "ungroup")],
    ["--line-buffer -u x", contradict("line-buffer", "ungroup")],
    ["--line-buffer -k x", contradict("line-buffer", "keep-order")],
    ["--line-buffer --json x", contradict("line-buffer", "json")],
    ["--line-buffer --results d x", contradict("line-buffer", "results")],
    ["-u -k x", contradict("ungroup", "keep-order")],
    ["-u --json x", contradict("ungroup", "json")],
    ["-u --tag x", contradict("ungroup", "tag")],
    ["-u --results d x", contradict("ungroup", "results")],
    ["--resume x", need("resume", "--joblog FILE")],
    ["--resume-failed x", need("resume-failed", "--joblog FILE")],
    ["--retry-delay 1s x", need("retry-delay", "--retries N")],
    ["--retry-jitter 5% x", need("retry-jitter", "--retries N")],
    ["--retry-on '' x", need("retry-on", "--retries N")],
    ["-0 -d x y", delimiters],
    ["--csv -0 x", csv],
    ["--csv -d x y", csv],
    ["-j2 --jobs-file f x", "--jobs and --jobs-file both say how many jobs run: give one of them"],
    [
      "--workers --max-tasks-per-worker 1 --max-tasks-per-child 1 x",
      "--max-tasks-per-worker and --max-tasks-per-child are the same",
    ],
    ["--tty -k x", contradict("tty", "keep-order"), "output goes the way of -u: add --group"],
    ["--tty --tag x", contradict("tty", "tag"), "output goes the way of -u: add --group"],
    ["--tty -u -k x", contradict("ungroup", "keep-order")],
    ["--tty --line-buffer --json x", contradict("line-buffer", "json")],
    ["--tty --jobs-file f x", contradict("tty", "jobs-file")],
    ["--tty --progress --group x", contradict("tty", "progress")],
    ["--tty -j2 x", "--tty and -j 2 cannot be used together: one job at a time has the terminal"],
    ["--shell --stdin x", "--shell gives the item as $1: leave out --stdin"],
    ["--shell -I x y", contradict("shell", "replace"), 'write "$1" for the item'],
    ["--stdin echo {}", "--stdin gives the item on standard input: {} cannot be used with it"],
    ["--workers cat {}", "--workers gives records on standard input: {} cannot be used with it"],
    ["--pipe cat {1}", "--pipe gives a block on standard input: {1} cannot be used with it"],
    ["-a - -a - cat", once],
    ["-a - cat :::: -", once],
    ["--pipe -a x -a y cat", "--pipe splits one file"],
    ["--pipe cat ::: x", "--pipe splits standard input, or one file with -a", "leave out :::"],
    ["--call m.ts cat", "--call runs a function, not a program: unexpected word 'cat'"],
  ];
  for (const [line, message, hint] of table) {
    const [told, advice] = refused(line);
    assertEquals(told, message, line);
    if (hint !== undefined) assertEquals(advice, hint, line);
  }
});

Deno.test("imp pool: a value that cannot be meant is named", () => {
  const table: [line: string, message: string][] = [
    ...["-a", "--joblog", "--results", "--jobs-file"].map((option) => {
      const name = option === "-a" ? "--arg-file" : option;
      return [`${option} '' x`, `${name} needs a name, and it is empty`] as [string, string];
    }),
    ["-n -1 x", "-n -1: not a number of items"],
    ["-L x x", "-L x: not a number of items"],
    ["-s 0 x", "-s 0: not a number of bytes"],
    ["-n x x", "-n x: not a number of items"],
    ["-I '' x", "-I needs the text that stands for the item"],
    ["--pipe -N 0 cat", "-N 0: not a number of records"],
    ["--pipe --block 0 cat", "--block 0: not between 1 and 1G"],
    ["--pipe --block 2G cat", "--block 2G: not between 1 and 1G"],
    ["--load 0 x", "--load '0': not a load"],
    ["--load x x", "--load 'x': not a load"],
    ["--retries 1 --retry-jitter 101% x", "--retry-jitter 101%: not a percentage"],
    ["--workers --ahead -1 x", "--ahead -1: not a number of records"],
    ["--workers --max-tasks-per-child 0 x", "--max-tasks-per-child 0: not a number of records"],
    ["--call m --max-memory-per-worker 0", "--max-memory-per-worker 0: must be more than 0"],
    ["--halt", "option --halt needs a value: --halt WHEN"],
    ["-k", "no program given"],
    ["''", "no program given"],
    ["--sem x", "no program given"],
    ["--workers", "no program given"],
    ["--shell a b", "--shell takes one word, the script"],
  ];
  for (const [line, message] of table) assertEquals(refused(line)[0], message, line);
});

Deno.test("imp pool: what is asked for, by the words", () => {
  const items = asked(
    "items",
    "-j3",
    "-k",
    "--joblog",
    "log",
    "--resume",
    "-0",
    "-n2",
    "echo",
    "x",
  );
  assertEquals(items.jobs, { kind: "number", jobs: 3 });
  assertEquals([items.inOrder, items.by, items.output], [true, "arguments", "group"]);
  assertEquals(items.log, { path: "log", appends: false, resume: "ended" });
  assertEquals([items.items.most, items.items.spread], [2, false]);
  assertEquals(items.items.terminator, new Uint8Array(1));
  assertEquals(items.items.sources, [{ from: "stdin", linked: false }]);
  assertEquals(items.command.words.map((word) => new TextDecoder().decode(word)), ["echo", "x"]);

  const edit = asked("items", "--tty", "vi");
  assertEquals([edit.jobs, edit.output, edit.tty], [{ kind: "number", jobs: 1 }, "none", true]);
  assertEquals(asked("items", "--tty", "--group", "--tag", "vi").output, "group");
  assertEquals(asked("items", "--tty", "--line-buffer", "--tag", "vi").output, "line");

  const blocks = asked("blocks", "--pipe", "-N5", "--joblog=log", "-u", "cat");
  const { cuts: { endMost, startMost }, ...rule } = blocks.rule;
  assertEquals([endMost, startMost], [1, 0]);
  assertEquals(rule, { header: undefined, size: Infinity, records: 5, digests: true });
  assertEquals([blocks.file, blocks.output], [undefined, "none"]);

  const workers = asked(
    "workers",
    "--call",
    "m.ts#f",
    "--ahead=0",
    "--max-tasks-per-child=7",
    "--json-args",
  );
  assertEquals(workers.program, { kind: "call", target: "m.ts#f", jsonArguments: true });
  assertEquals([workers.ahead, workers.maxTasks, workers.maxMemory], [1, 7, Infinity]);

  const one = asked("semaphore", "--sem", "name", "true");
  assertEquals([one.name, one.jobs], ["name", { kind: "number", jobs: 1 }]);
});

Deno.test("imp pool: of any options that are accepted, none belongs to another family", () => {
  const others: Record<PoolRequest["family"], RegExp> = {
    items: /--(sem|call|workers|pipe|block|rec(end|start)|ahead|max-tasks|max-memory|json-args)/,
    blocks:
      /--(sem|call|workers|link|colsep|csv|max-args|xargs|multiple|replace|stdin|ahead|max-tasks)/,
    workers: /--(sem|pipe|block|records|rec|stdin|shell|xargs|replace|line-buffer|ungroup|results)/,
    attach:
      /--(sem|call|workers|pipe|sshlogin|hosts|detach|results|tagstring|timeout|chdir|shell|link)/,
    semaphore: /--(call|workers|pipe|tag|json|arg-file|joblog|resume|halt|delay|results|progress)/,
  };
  const option = fc.constantFrom(...POOL_OPTIONS).map((one) =>
    "value" in one ? `--${one.name}=3` : `--${one.name}`
  );
  const families = new Set<string>();
  fc.assert(
    fc.property(fc.array(option, { maxLength: 4 }), (words) => {
      let family: PoolRequest["family"];
      try {
        const call = words.some((word) => word.startsWith("--call"));
        ({ family } = request(...words, ...call ? [] : ["prog"]));
      } catch (error) {
        assert(error instanceof UsageError, String(error));
        return;
      }
      families.add(family);
      for (const word of words) assert(!others[family].test(word), `${family}: ${words}`);
    }),
    runs(3000),
  );
  assertEquals(families.size, 4);
});

Deno.test("imp pool --on: when, where and in which order its jobs are taken", () => {
  const terms = (...words: string[]) => {
    const { hosts } = asked("items", "--on=nats://q", ...words, "true");
    if (hosts?.kind !== "queue") throw new Error("not a queue");
    return hosts.terms;
  };
  assertEquals(laneFrom(terms()), { priority: "normal" });
  assertEquals(laneFrom(terms("--priority=low")), { priority: "low" });
  assertEquals(laneFrom(terms("--needs=gpu")), { priority: "normal", tag: "gpu" });
  assertThrows(
    () => laneFrom(terms("--needs=a.b")),
    UsageError,
    '--needs "a.b" is not a valid tag',
  );
  const now = new Date(2026, 10, 30, 12, 0).getTime();
  const start = (text: string) => startFrom(terms(`--not-before=${text}`), now);
  assertEquals(startFrom(terms(), now), undefined);
  assertEquals(start("10m"), now + 600_000);
  assertEquals(start("12:30"), now + 30 * 60_000);
  assertEquals(start("11:30"), now + (23 * 60 + 30) * 60_000);
  assertEquals(start("2026-11-30T13:00"), now + 3600_000);
  assertThrows(() => start("soon"), UsageError, "'soon' is not a time for --not-before");
  const table: [line: string, message: string][] = [
    ...["--priority=high", "--needs=gpu", "--not-before=9m"].flatMap((option) => {
      const name = option.split("=")[0];
      return [
        [`${option} true`, `${name} needs --on URL`],
        [`--on=nats://q --attach=r ${option}`, `--attach and ${name} cannot be used together`],
      ] as [string, string][];
    }),
  ];
  for (const [line, message] of table) assertEquals(refused(line)[0], message, line);
});
