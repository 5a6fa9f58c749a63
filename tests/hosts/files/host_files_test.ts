// Both ends of a connection in one process, with real directories.
import { assert, assertEquals } from "@std/assert";
import { ClientFiles, type JobFiles } from "../../../src/hosts/files/client_files.ts";
import { type HostFrame, HostFrames } from "../../../src/hosts/frames.ts";
import { HostFiles } from "../../../src/hosts/files/host_files.ts";
import { OwnDirectories } from "../../../src/hosts/files/own_directories.ts";
import { pathOfPlace, returnedFile, sentFile } from "../../../src/hosts/files/places.ts";
import { removeTree } from "../../../src/libc/descriptors/directory.ts";
import { tree } from "./tree_names.ts";

interface Order {
  readonly sent?: string[];
  readonly returned?: string[];
  readonly workdir?: string;
  readonly cleanup?: boolean;
  readonly own?: boolean;
  readonly stays?: boolean;
}

class Scene {
  private readonly sent: Uint8Array[] = [];
  private readonly frames = new HostFrames();
  readonly client = new ClientFiles();
  readonly host: HostFiles;
  readonly log: string[] = [];
  /** Where each job runs. */
  readonly directories = new Map<number, string>();
  readonly there: string;
  readonly home: string;

  constructor(readonly top: string) {
    this.there = `${top}/there`;
    this.home = `${top}/home`;
    Deno.mkdirSync(this.there);
    Deno.mkdirSync(this.home);
    Deno.mkdirSync(`${top}/here`);
    this.host = new HostFiles(this.there, new OwnDirectories(this.home, "me"), {
      ready: (job, directory) => {
        this.directories.set(job, directory);
        this.log.push(`ready ${job}`);
      },
      failed: (job, { text }) => this.log.push(`failed ${job}: ${text}`),
      settled: (job) => this.log.push(`settled ${job}`),
    });
  }

  here(name: string): string {
    return `${this.top}/here/${name}`;
  }

  begin(job: number, order: Order): void {
    const at = (path: string) => path.startsWith("/") ? path : this.here(`./${path}`);
    const sent = (order.sent ?? []).map((path) => sentFile(at(path)));
    const returned = (order.returned ?? []).map((path) => returnedFile(at(path)));
    const { workdir = "", cleanup = false, own = false, stays = false } = order;
    const host = {
      ...{ workdir, own, cleanup, stays },
      sent: sent.map(({ path, place }) => ({ place: pathOfPlace(place), source: path })),
      returned: returned.map(({ place }) => pathOfPlace(place)),
    };
    this.give(job, { host, sent, returned });
  }

  give(job: number, files: JobFiles): void {
    this.sent.push(this.client.begin(job, files));
  }

  /** What the client says next, as payload of the job. */
  private said(): HostFrame | undefined {
    const frame = this.sent.shift();
    if (frame) {
      this.frames.push(frame);
      return this.frames.next();
    }
    const queue = { size: 0, push: (one: Uint8Array) => void this.sent.push(one) };
    this.client.fill(queue);
    return this.sent.length > 0 ? this.said() : undefined;
  }

  /** One thing each. @returns whether anything was said */
  step(): boolean {
    const one = this.said();
    if (one) this.host.take(one.job, one.payload.slice());
    const back = this.host.next();
    if (back) this.client.take(back.job, back.payload.slice());
    return one !== undefined || back !== undefined;
  }

  /** Until neither has anything to say. */
  talk(): string[] {
    while (this.step());
    return this.log.splice(0);
  }
}

function scene(name: string, body: (scene: Scene) => void): void {
  Deno.test(name, () => {
    const top = Deno.makeTempDirSync();
    const one = new Scene(top);
    try {
      body(one);
    } finally {
      one.client.close();
      one.host.close();
      assertEquals(tree(one.home), []);
      assert(removeTree(top));
    }
  });
}

const ONE = { sent: ["a/x"], returned: ["a/x.out"], cleanup: true };

scene("a job's file comes, its result goes, and nothing of both is left", (scene) => {
  Deno.mkdirSync(scene.here("a"));
  Deno.writeTextFileSync(scene.here("a/x"), "in");
  scene.begin(1, ONE);
  assertEquals(scene.talk(), ["ready 1"]);
  assertEquals(scene.directories.get(1), scene.there);
  assertEquals(tree(scene.there), ["a/", "a/x"]);
  Deno.writeTextFileSync(`${scene.there}/a/x.out`, "out");
  assertEquals(scene.host.ended(1, true), false);
  assertEquals(scene.talk(), ["settled 1"]);
  assertEquals(scene.client.trouble(1), undefined);
  assertEquals(Deno.readTextFileSync(scene.here("a/x.out")), "out");
  assertEquals(tree(scene.there), []);
});

scene("without --cleanup all of it stays", (scene) => {
  Deno.mkdirSync(scene.here("a"));
  Deno.writeTextFileSync(scene.here("a/x"), "in");
  scene.begin(1, { ...ONE, cleanup: false });
  scene.talk();
  Deno.writeTextFileSync(`${scene.there}/a/x.out`, "out");
  scene.host.ended(1, true);
  scene.talk();
  assertEquals(tree(scene.there), ["a/", "a/x", "a/x.out"]);
});

scene("what was there before is not removed, nor what the job has made besides", (scene) => {
  for (const side of [scene.here(""), `${scene.there}/`]) Deno.mkdirSync(`${side}a`);
  Deno.writeTextFileSync(scene.here("a/x"), "in");
  Deno.writeTextFileSync(`${scene.there}/old`, "old");
  scene.begin(1, { ...ONE, returned: ["out/x"] });
  scene.talk();
  Deno.mkdirSync(`${scene.there}/out`);
  Deno.writeTextFileSync(`${scene.there}/out/x`, "out");
  Deno.writeTextFileSync(`${scene.there}/out/besides`, "");
  scene.host.ended(1, true);
  scene.talk();
  assertEquals(tree(scene.there), ["a/", "old", "out/", "out/besides"]);
});

scene(
  "where both ends are the same directory, nothing is copied and nothing is removed",
  (scene) => {
    Deno.writeTextFileSync(scene.here("x"), "in");
    scene.begin(1, { sent: ["x"], returned: ["x.out"], workdir: scene.here(""), cleanup: true });
    assertEquals(scene.talk(), ["ready 1"]);
    Deno.writeTextFileSync(scene.here("x.out"), "out");
    scene.host.ended(1, true);
    assertEquals(scene.talk(), ["settled 1"]);
    assertEquals(tree(scene.here("")), ["x", "x.out"]);
  },
);

scene("two jobs with the same file share it; the last one takes it away", (scene) => {
  Deno.writeTextFileSync(scene.here("x"), "in");
  scene.begin(1, { sent: ["x"], workdir: "w", cleanup: true });
  scene.begin(2, { sent: ["x"], workdir: "w", cleanup: true });
  assertEquals(scene.talk(), ["ready 1", "ready 2"]);
  assert(scene.host.ended(1, true));
  assertEquals(tree(scene.there), ["w/", "w/x"]);
  assert(scene.host.ended(2, true));
  assertEquals(tree(scene.there), []);
});

scene(
  "a job whose file would take the place of another's waits for the end of that one",
  (scene) => {
    for (const name of ["a", "b"]) {
      Deno.mkdirSync(scene.here(name));
      Deno.writeTextFileSync(scene.here(`${name}/x`), name);
    }
    scene.give(1, files(scene.here("a/./x")));
    scene.give(2, files(scene.here("b/./x")));
    assertEquals(scene.talk(), ["ready 1"]);
    assertEquals(Deno.readTextFileSync(`${scene.there}/x`), "a");
    scene.host.ended(1, true);
    assertEquals(scene.talk(), ["ready 2"]);
    assertEquals(Deno.readTextFileSync(`${scene.there}/x`), "b");
  },
);

function files(path: string) {
  const sent = sentFile(path);
  const place = pathOfPlace(sent.place);
  const host = {
    ...{ workdir: "", own: false, cleanup: false, stays: false, returned: [] },
    sent: [{ place, source: path }],
  };
  return { host, sent: [sent], returned: [] };
}

scene(
  "a job that returns the same name waits too, and does not when the first is taken back",
  (scene) => {
    scene.begin(1, { returned: ["out"] });
    scene.begin(2, { returned: ["out"] });
    scene.begin(3, { returned: ["other"] });
    assertEquals(scene.talk(), ["ready 1", "ready 3"]);
    scene.host.cancel(1);
    assertEquals(scene.talk(), ["ready 2"]);
  },
);

scene("a file that is missing: the job fails and nothing of it is left", (scene) => {
  Deno.writeTextFileSync(scene.here("x"), "in");
  scene.begin(1, { sent: ["x", "none"], workdir: "w/v", cleanup: true });
  const text = `cannot read ${scene.here("./none")}: ENOENT (no such file or directory)`;
  assertEquals(scene.talk(), [`failed 1: ${text}`]);
  assertEquals(scene.client.trouble(1)?.text, text);
  assertEquals(tree(scene.there), []);
});

scene("a result that is missing is told; the others arrive", (scene) => {
  scene.begin(1, { returned: ["a", "b"], cleanup: true });
  scene.talk();
  Deno.writeTextFileSync(`${scene.there}/b`, "b");
  scene.host.ended(1, true);
  assertEquals(scene.talk(), ["settled 1"]);
  const text = "cannot read a: ENOENT (no such file or directory)";
  assertEquals(scene.client.trouble(1)?.text, text);
  assertEquals(Deno.readTextFileSync(scene.here("b")), "b");
});

scene("a result that finds no room stays where it is", (scene) => {
  scene.begin(1, { returned: ["a"], cleanup: true });
  scene.talk();
  Deno.mkdirSync(scene.here("a"));
  Deno.writeTextFileSync(`${scene.there}/a`, "a");
  scene.host.ended(1, true);
  scene.talk();
  assertEquals(scene.client.trouble(1)?.errno, "EISDIR");
  assertEquals(tree(scene.there), ["a"]);
});

scene(
  "a directory of its own is removed with all that is in it, at last with what has held it",
  (scene) => {
    Deno.writeTextFileSync(scene.here("x"), "in");
    scene.begin(1, { sent: ["x"], returned: ["y"], own: true });
    scene.begin(2, { own: true });
    assertEquals(scene.talk().sort(), ["ready 1", "ready 2"]);
    const directory = scene.directories.get(1)!;
    assertEquals(directory, `${scene.home}/.imp/tmp/me/1`);
    assertEquals(Deno.statSync(directory).mode! & 0o777, 0o700);
    assertEquals(tree(directory), ["x"]);
    Deno.writeTextFileSync(`${directory}/y`, "y");
    Deno.writeTextFileSync(`${directory}/more`, "");
    scene.host.ended(1, true);
    assertEquals(scene.talk(), ["settled 1"]);
    assertEquals(Deno.readTextFileSync(scene.here("y")), "y");
    assertEquals(tree(`${scene.home}/.imp/tmp/me`), ["2/"]);
    scene.host.close();
    assertEquals(tree(scene.there), []);
  },
);

scene("what is there for all jobs stays until the connection ends", (scene) => {
  Deno.writeTextFileSync(scene.here("base"), "base");
  scene.begin(9, { sent: ["base"], cleanup: true, stays: true });
  scene.begin(1, { sent: ["base"], returned: ["base"], cleanup: true });
  assertEquals(scene.talk(), ["ready 1"]);
  scene.host.ended(1, false);
  assertEquals(tree(scene.there), ["base"]);
  scene.host.close();
  assertEquals(tree(scene.there), []);
});

scene("when the connection ends anywhere, nothing is left of what was to be removed", (scene) => {
  Deno.writeTextFileSync(scene.here("x"), "x".repeat(300_000));
  scene.begin(1, { sent: ["x"], returned: ["x.out"], workdir: "w", cleanup: true });
  for (let i = 0; i < 4; i++) scene.step();
  scene.begin(2, { own: true });
  for (let i = 0; i < 4; i++) scene.step();
  scene.host.close();
  assertEquals(tree(scene.there), []);
});
