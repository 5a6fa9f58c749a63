// The gate's machine code, run: as a static program of its own, for arm64 by qemu-user.
import { assertEquals } from "@std/assert";
import { gateArm64 } from "../../scripts/gate/arm64.ts";
import { GATE_MARK } from "../../src/libc/structs.ts";
import { type GatePlaces, SENTENCES } from "../../scripts/gate/parts.ts";
import { gateX86 } from "../../scripts/gate/x86_64.ts";
import { word } from "../../scripts/lib/elf.ts";
import { assemble, type CodeItem, eightBytes } from "../../src/base/machine_code/assemble.ts";
import { skip } from "../skip.ts";
import { BASE, runnable } from "./elf.ts";

/** Of the buffer: the directory for temporary files may be deep. */
const ROOM = 512;
const HEADER = BASE + 0x1000, BUFFER = HEADER + 8, SLOT = BUFFER + ROOM, CODE = SLOT + 8;
const PAYLOAD = BASE + 0x3000;
const SIZE = 0x1000;
const PLACES: GatePlaces = {
  header: HEADER,
  payload: PAYLOAD,
  size: SIZE,
  trailer: PAYLOAD + SIZE,
  magic: eightBytes("the end."),
  slots: { getcwd: SLOT, signal: SLOT, sigaction: SLOT },
};

interface Target {
  machine: number;
  arch: string;
  gate: (places: GatePlaces) => CodeItem[];
  /** Calls a function of the gate with the address of BUFFER and ROOM, writes BUFFER, exits with 0. */
  start: (label: string) => CodeItem[];
}

const relative = (opcode: number, to: string): CodeItem => ({
  size: 5,
  to,
  encode: (from, target) => [opcode, ...word(target - from - 5)],
});
const bl = (to: string): CodeItem => ({
  size: 4,
  to,
  encode: (from, target) => word(0x94000000 | (target - from) / 4 & 0x3ffffff),
});
/** mov wN,#low; movk xN,#high */
const set = (register: number, value: number) => [
  ...word(0x52800000 | (value & 0xffff) << 5 | register),
  ...word(0xf2a00000 | value >>> 16 << 5 | register),
];

const TARGETS: Target[] = [
  {
    machine: 62,
    arch: "x86_64",
    gate: gateX86,
    start: (label) => [
      { label: "start" },
      [0xbf, ...word(BUFFER), 0xbe, ...word(ROOM)], // mov $BUFFER,%edi; mov $ROOM,%esi
      relative(0xe8, label), // call
      [0xbf, ...word(1), 0xbe, ...word(BUFFER), 0xba, ...word(ROOM)], // write(1, BUFFER, ROOM)
      [0xb8, ...word(1), 0x0f, 0x05],
      [0x31, 0xff, 0xb8, ...word(231), 0x0f, 0x05], // exit_group(0)
    ],
  },
  {
    machine: 183,
    arch: "aarch64",
    gate: gateArm64,
    start: (label) => [
      { label: "start" },
      [...set(0, BUFFER), ...set(1, ROOM)],
      bl(label),
      [...set(0, 1), ...set(1, BUFFER), ...set(2, ROOM), ...set(8, 64), ...word(0xd4000001)],
      [...set(0, 0), ...set(8, 94), ...word(0xd4000001)],
    ],
  },
];

/** The gate around a start that calls `label`, before a program. */
function program({ machine, gate, start }: Target, label: string): Uint8Array {
  const { bytes, labels } = assemble([...start(label), ...gate(PLACES)], CODE);
  const memory = new Uint8Array(PAYLOAD + SIZE + 8 - HEADER);
  const view = new DataView(memory.buffer);
  view.setBigUint64(0, BigInt(PAYLOAD), true);
  view.setBigUint64(PAYLOAD - HEADER, BigInt(SIZE), true);
  view.setBigUint64(PAYLOAD - HEADER + SIZE, PLACES.magic, true);
  memory.set(bytes, CODE - HEADER);
  view.setBigUint64(SLOT - HEADER, BigInt(labels.get("libc") ?? 0), true);
  return runnable(machine, labels.get("entry")!, memory);
}

/** What a program of the runtime does with a signal: it was started with its action in HANDLER, 1: ignored, 0: default. */
const ACTION = BUFFER + 32;
const HANDLER = 0x1234;

/** Sets a handler, or asks for the action, by the gate's sigaction. Exits with the kernel's first byte and that of the mark. */
const SIGNALS: Record<string, (signal: number, asks: boolean) => CodeItem[]> = {
  x86_64: (signal, asks) => {
    const kernel = [0x41, 0xba, ...word(8), 0xb8, ...word(13), 0x0f, 0x05]; // mov $8,%r10d; mov $13,%eax; syscall
    const action = [0xbf, ...word(signal), 0xbe, ...word(ACTION), 0x31, 0xd2]; // mov; mov; xor %edx,%edx
    const ask = [0xbf, ...word(signal), 0x31, 0xf6, 0xba, ...word(BUFFER)]; // mov; xor %esi,%esi; mov
    return [
      { label: "start" },
      [...action, ...kernel],
      [0xc7, 0x04, 0x25, ...word(ACTION), ...word(HANDLER)], // movl $HANDLER,ACTION
      asks ? ask : action,
      relative(0xe8, "sigaction"),
      asks ? [] : [...ask, ...kernel],
      [0x0f, 0xb6, 0x3c, 0x25, ...word(BUFFER)], // movzbl BUFFER,%edi
      [0x0f, 0xb6, 0x04, 0x25, ...word(ACTION + GATE_MARK.byte)], // movzbl mark,%eax
      [0x01, 0xc7, 0xb8, ...word(231), 0x0f, 0x05], // add %eax,%edi; exit_group
      { label: "libc" },
      [...kernel, 0xc3], // ret
    ];
  },
  aarch64: (signal, asks) => {
    const kernel = [...set(3, 8), ...set(8, 134), ...word(0xd4000001)];
    const action = [...set(0, signal), ...set(1, ACTION), ...set(2, 0)];
    const ask = [...set(0, signal), ...set(1, 0), ...set(2, BUFFER)];
    return [
      { label: "start" },
      [...action, ...kernel],
      [...set(1, ACTION), ...set(2, HANDLER), ...word(0xf9000022)], // str x2,[x1]
      asks ? ask : action,
      bl("sigaction"),
      asks ? [] : [...ask, ...kernel],
      [...set(1, BUFFER), ...word(0x39400020)], // ldrb w0,[x1]
      word(0x39400022 | 32 + GATE_MARK.byte << 10), // ldrb w2,[x1,#mark]
      [...word(0x0b020000), ...set(8, 94), ...word(0xd4000001)], // add w0,w0,w2; exit_group
      { label: "libc" },
      [...kernel, ...word(0xd65f03c0)],
    ];
  },
};

async function statusWith(target: Target, signal: number, was: number, asks = false) {
  const start = SIGNALS[target.arch](signal, asks);
  const image = program({ ...target, start: () => start }, "");
  image[ACTION - BASE] = was;
  return (await run(target, image)).code;
}

/** How to run a program for the machine here; undefined when nothing can. */
function emulator(arch: string): string[] | undefined {
  if (arch === Deno.build.arch) return [];
  const name = `qemu-${arch}-static`;
  const found = (Deno.env.get("PATH") ?? "").split(":").map((folder) => `${folder}/${name}`)
    .find((path) => {
      try {
        return Deno.statSync(path).isFile;
      } catch {
        return false;
      }
    });
  return found ? [found] : undefined;
}

interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

async function run(
  target: Target,
  image: Uint8Array,
  before = "",
): Promise<Ran> {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/program`;
    await Deno.writeFile(path, image, { mode: 0o755 });
    const words = [...emulator(target.arch)!, path].join(" ");
    const script = `mkdir ${folder}/here && cd ${folder}/here && ${before} exec ${words}`;
    const { code, stdout, stderr } = await new Deno.Command("sh", { args: ["-c", script] })
      .output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    return { code, stdout: text(stdout).split("\0")[0], stderr: text(stderr) };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

for (const target of TARGETS) {
  const { arch } = target;
  const test = (name: string, fn: () => Promise<void>) => {
    const whole = `gate, ${arch}: ${name}`;
    const none = () => skip(whole, `qemu-${arch}-static is not installed`);
    Deno.test(whole, emulator(arch) ? fn : none);
  };
  const refused = async (image: Uint8Array, reason: string, before?: string) =>
    assertEquals(await run(target, image, before), {
      code: 125,
      stdout: "",
      stderr: SENTENCES[reason],
    });

  test("an executable that is whole starts, and getcwd is the kernel's", async () => {
    const { code, stdout, stderr } = await run(target, program(target, "getcwd"));
    assertEquals([code, stderr, stdout.slice(-5), stdout[0]], [0, "", "/here", "/"]);
  });

  test("in a directory that was removed getcwd gives the way through /proc", async () => {
    const ran = await run(target, program(target, "getcwd"), "rmdir ../here;");
    assertEquals(ran, { code: 0, stdout: "/proc/self/cwd", stderr: "" });
  });

  test("signals of faults that are ignored stay so; the engine's is taken, and marked", async () => {
    const IGNORED = 1, DEFAULT = 0;
    const set = HANDLER & 0xff;
    for (const signal of [4, 5, 6, 7, 8, 11, 31]) {
      assertEquals(await statusWith(target, signal, IGNORED), 1, `${signal}`);
      assertEquals(await statusWith(target, signal, DEFAULT), set, `${signal}`);
    }
    // Others are as the runtime wants them.
    assertEquals(await statusWith(target, 15, IGNORED), set);
    assertEquals(await statusWith(target, 16, DEFAULT), set);
    assertEquals(await statusWith(target, 16, IGNORED), set + GATE_MARK.bit);
    assertEquals([await statusWith(target, 16, IGNORED, true)], [0], "the engine is not told");
    assertEquals([await statusWith(target, 11, IGNORED, true)], [1]);
  });

  test("what was blanked or changed is refused", async () => {
    for (const at of [HEADER, PAYLOAD, PAYLOAD + SIZE]) {
      const image = program(target, "getcwd");
      image.fill(0, at - BASE, at - BASE + 8);
      await refused(image, "bare");
    }
  });

  // The emulator refuses the invalid request before it looks at the memory.
  if (arch === Deno.build.arch) {
    test("what was cut is refused", async () => {
      for (const at of [PAYLOAD, PAYLOAD + SIZE]) {
        await refused(program(target, "getcwd").slice(0, at - BASE), "bare");
      }
    });
    test("a runtime that aborts for a limit on memory says so", async () => {
      await refused(program(target, "abort"), "no memory", "ulimit -v 10000;");
    });
    test("without a descriptor the reason is told", async () => {
      const limit = "ulimit -n 3;";
      for (const label of ["abort", "eventfd", "epoll_create1"]) {
        await refused(program(target, label), "no files", limit);
      }
    });
  }

  test("a runtime that aborts for no such reason says that", async () => {
    await refused(program(target, "abort"), "no reason");
  });
}
