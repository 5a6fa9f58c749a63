// A pipe to a log of another form, and its reader killed at any moment: each state of its files is taken up by the next one.
import { assertEquals } from "@std/assert";
import { O_CREAT, O_RDONLY, O_RDWR } from "../../../src/libc/abi.ts";
import { makeFifo } from "../../../src/libc/descriptors/fifo.ts";
import { closeFile, openFile, writeAll } from "../../../src/libc/descriptors/files.ts";
import type { FormatLine } from "../../../src/logs/write/line_format.ts";
import { LineReader } from "../../../src/logs/watch/line_reader.ts";
import { LogWriter } from "../../../src/logs/write/log_writer.ts";
import { Losses } from "../../../src/logs/write/loss.ts";

class Killed extends Error {}

/** Writes a line as it is, with a mark, and dies when it has written so many. */
function format(left: { lines: number }): FormatLine {
  return (input, from, to, _now, out, at) => {
    const line = input.subarray(from, to);
    if (left.lines-- === 0) throw new Killed();
    out[at] = 62;
    out.set(line, at + 1);
    out[at + 1 + line.length] = 10;
    return at + line.length + 2;
  };
}

Deno.test("a line reader takes up where one was killed: each line once, in order, across parts", () => {
  const directory = Deno.makeTempDirSync({ prefix: "imp-lines-" });
  const at = openFile(directory, O_RDONLY);
  makeFifo(at, "log.stdout.pipe");
  const path = `${directory}/web.log`;
  const program = openFile(`${directory}/log.stdout.pipe`, O_RDWR);
  const log = { stdout: path, maxBytes: 5000, keep: 1000, format: "time", target: "file" } as const;
  const place = { name: "web", directory, log };
  let seed = 1;
  const random = (below: number) => (seed = (seed * 1103515245 + 12345) & 0x7fffffff) % below;
  let expected = "", next = 0;
  try {
    for (let round = 0; round < 300; round++) {
      let text = "";
      for (let n = random(40); n > 0; n--) text += `line ${next++} ${"x".repeat(random(60))}\n`;
      expected += text.replace(/^/gm, ">").replace(/>$/, "");
      writeAll(program, text);
      const writer = new LogWriter(place, { stream: "stdout", path });
      const losses = new Losses(directory, "log.stdout.lost");
      const pipe = openFile(`${directory}/log.stdout.pipe`, O_RDWR | 0o4000);
      const left = { lines: random(3) === 0 ? random(60) : -1 };
      const reader = new LineReader(pipe, writer, losses, format(left), directory, "stdout");
      try {
        reader.pump(round);
      } catch (error) {
        if (!(error instanceof Killed)) throw error;
      }
      // As a kill in the middle of a write leaves it.
      if (random(4) === 0 && round % 2) {
        const half = openFile(path, O_RDWR | O_CREAT);
        closeFile(half);
        Deno.writeTextFileSync(path, ">li", { append: true });
      }
      reader.close();
      writer.close();
      closeFile(pipe);
    }
    const writer = new LogWriter(place, { stream: "stdout", path });
    const pipe = openFile(`${directory}/log.stdout.pipe`, O_RDWR | 0o4000);
    const losses = new Losses(directory, "log.stdout.lost");
    const reader = new LineReader(pipe, writer, losses, format({ lines: -1 }), directory, "stdout");
    reader.pump(0);
    const numbers = [...Deno.readDirSync(directory)].flatMap(({ name }) =>
      /^web\.log\.\d+$/.test(name) ? [Number(name.slice(8))] : []
    );
    const parts = numbers.sort((a, b) => b - a).map((n) => Deno.readTextFileSync(`${path}.${n}`));
    const all = parts.join("") + Deno.readTextFileSync(path);
    assertEquals(all.length, expected.length);
    assertEquals(all === expected, true);
    for (const part of parts) assertEquals(part.length <= 5000 && part.endsWith("\n"), true);
    reader.close();
    writer.close();
    closeFile(pipe);
  } finally {
    closeFile(program);
    closeFile(at);
    Deno.removeSync(directory, { recursive: true });
  }
});

Deno.test("a line reader makes no line of what is before a gap and what is behind it, after a kill too", () => {
  for (const isKilled of [false, true]) {
    const directory = Deno.makeTempDirSync({ prefix: "imp-gap-" });
    const at = openFile(directory, O_RDONLY);
    makeFifo(at, "log.stdout.pipe");
    closeFile(at);
    const path = `${directory}/web.log`;
    const pipe = openFile(`${directory}/log.stdout.pipe`, O_RDWR | 0o4000);
    const log = { stdout: path, keep: 5, format: "time", target: "file" } as const;
    const place = { name: "web", directory, log };
    const opened = () => {
      const writer = new LogWriter(place, { stream: "stdout", path });
      const losses = new Losses(directory, "log.stdout.lost");
      const all = format({ lines: -1 });
      return {
        writer,
        losses,
        reader: new LineReader(pipe, writer, losses, all, directory, "stdout"),
      };
    };
    try {
      let { writer, losses, reader } = opened();
      writeAll(pipe, "line 1\nli");
      reader.pump(0);
      writeAll(pipe, "ne 2\nline 3 is ha");
      losses.failed(28, 0);
      losses.drop(pipe);
      if (isKilled) {
        reader.close();
        writer.close();
        ({ writer, losses, reader } = opened());
      }
      writeAll(pipe, "lf\nline 4\n");
      reader.pump(20_000);
      const lost = ">imp: 1 lines (17 bytes) of output were lost: no space left on device\n";
      assertEquals(Deno.readTextFileSync(path), `>line 1\n${lost}>li\n>lf\n>line 4\n`);
      // That was all of it.
      writeAll(pipe, "line");
      reader.pump(20_001);
      writeAll(pipe, " 5\n");
      reader.pump(20_002);
      assertEquals(Deno.readTextFileSync(path).endsWith(">line 4\n>line 5\n"), true);
      reader.close();
      writer.close();
    } finally {
      closeFile(pipe);
      Deno.removeSync(directory, { recursive: true });
    }
  }
});

/** Its log's name means something else right after it was opened. */
class Steered extends LogWriter {
  constructor(private readonly directory: string, private readonly path: string) {
    const log = { stdout: path, keep: 5, format: "time", target: "file" } as const;
    super({ name: "web", directory, log }, { stream: "stdout", path });
  }

  override prepare(now: number): number {
    const code = super.prepare(now);
    for (const path of [this.path, `${this.path}.1`]) {
      Deno.removeSync(path);
      const at = openFile(this.directory, O_RDONLY);
      makeFifo(at, path.slice(this.directory.length + 1));
      closeFile(at);
    }
    return code;
  }
}

Deno.test("a line reader takes up in the file that it has open, whatever its name means by now", () => {
  const directory = Deno.makeTempDirSync({ prefix: "imp-steered-" });
  const path = `${directory}/web.log`;
  const at = openFile(directory, O_RDONLY);
  makeFifo(at, "log.stdout.pipe");
  closeFile(at);
  const pipe = openFile(`${directory}/log.stdout.pipe`, O_RDWR | 0o4000);
  const take = (inode: string) => {
    Deno.writeTextFileSync(path, ">one\n>two\n>th");
    Deno.writeTextFileSync(`${path}.1`, ">zero\n");
    Deno.writeTextFileSync(`${directory}/log.stdout.spool`, "one\ntwo\nthree\n");
    const last = { position: 0, inode, size: 0 };
    Deno.writeTextFileSync(`${directory}/log.stdout.done`, JSON.stringify(last));
    const writer = new Steered(directory, path);
    const losses = new Losses(directory, "log.stdout.lost");
    const reader = new LineReader(pipe, writer, losses, format({ lines: -1 }), directory, "stdout");
    reader.pump(0);
    const text = Deno.readTextFileSync(`/proc/self/fd/${writer.fd}`);
    reader.close();
    writer.close();
    for (const one of [path, `${path}.1`]) Deno.removeSync(one);
    return text;
  };
  try {
    Deno.writeTextFileSync(path, "");
    assertEquals(take(String(Deno.statSync(path).ino)), ">one\n>two\n>three\n");
    // It has been rotated since: what is now part 1 does not belong to it.
    assertEquals(take("4711"), ">one\n>two\n>three\n");
  } finally {
    closeFile(pipe);
    Deno.removeSync(directory, { recursive: true });
  }
});
