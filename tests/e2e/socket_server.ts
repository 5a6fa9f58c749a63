// Servers that take their sockets from imp start --socket, and their clients.
import { assertEquals } from "@std/assert";
import type { Sandbox } from "./harness.ts";

/**
 * Answers each message with the PID, a colon and the message, and serves a connection until the other end closes it. On
 * TERM it stops accepting, and finishes its connections. It writes what it was given to `given`; files say what it
 * should do wrong.
 */
const SERVER = `#!/usr/bin/env python3
import fcntl, json, os, selectors, signal, socket, stat, sys
if os.path.exists("ignores"): sys.exit(int(open("ignores").read() or 0))
fds = range(3, 3 + int(os.environ["LISTEN_FDS"]))
assert int(os.environ["LISTEN_PID"]) == os.getpid(), os.environ["LISTEN_PID"]
with open("given.new", "w") as f:
  json.dump({"names": os.environ["LISTEN_FDNAMES"], "pid": os.environ["LISTEN_PID"],
    "open": sorted(int(n) for n in os.listdir("/proc/self/fd") if os.path.exists("/proc/self/fd/" + n) and int(n) != f.fileno()),
    "blocking": [not fcntl.fcntl(n, fcntl.F_GETFL) & os.O_NONBLOCK for n in fds],
    "inodes": [os.fstat(n).st_ino for n in fds]}, f)
os.rename("given.new", "given")
with open("starts", "a") as f: f.write("%d\\n" % os.getpid())
poll = selectors.DefaultSelector()
listeners = [socket.socket(fileno=n) for n in fds]
for s in listeners:
  s.setblocking(False)
  poll.register(s, selectors.EVENT_READ)
left, out = set(), [False]
me = b"%d:" % os.getpid()
read, write = os.pipe()
os.set_blocking(write, False)
signal.set_wakeup_fd(write)
signal.signal(signal.SIGTERM, lambda *_: out.__setitem__(0, True))
poll.register(read, selectors.EVENT_READ)
while not out[0] or left:
  for key, _ in poll.select():
    s = key.fileobj
    if s == read: os.read(read, 100)
    elif s in left:
      try: data = s.recv(4096)
      except OSError: data = b""
      if data: s.sendall(me + data)
      else: poll.unregister(s); left.discard(s); s.close()
    elif out[0]: continue
    elif s.type == socket.SOCK_DGRAM:
      data, peer = s.recvfrom(4096)
      s.sendto(me + data, peer)
    else:
      try: one, _ = s.accept()
      except OSError: continue
      if os.path.exists("crashes"): os._exit(3)
      left.add(one); poll.register(one, selectors.EVENT_READ)
  if out[0]:
    for s in listeners:
      if s in poll.get_map(): poll.unregister(s)
`;

export function socketServer(box: Sandbox): string {
  return box.script("server", SERVER);
}

// deno-lint-ignore no-explicit-any
export async function given(box: Sandbox): Promise<any> {
  return JSON.parse(await Deno.readTextFile(box.path("given")));
}

/** PIDs of those that have been started, in order. */
export function starts(box: Sandbox): number[] {
  try {
    return Deno.readTextFileSync(box.path("starts")).split("\n").filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

type Target = Deno.ConnectOptions | Deno.UnixConnectOptions;

/** Connects, sends something and waits for the answer. @returns the PID that has answered */
export async function ask(target: Target): Promise<number> {
  using connection = "path" in target ? await Deno.connect(target) : await Deno.connect(target);
  return await say(connection);
}

/** @throws also if the connection ends before the answer */
export async function say(connection: Deno.Conn): Promise<number> {
  await connection.write(new TextEncoder().encode("hello"));
  const buffer = new Uint8Array(100);
  const n = await connection.read(buffer);
  const text = new TextDecoder().decode(buffer.subarray(0, n ?? 0));
  assertEquals(text.slice(text.indexOf(":")), ":hello", text);
  return Number(text.slice(0, text.indexOf(":")));
}

/** What happened to many clients, one after the other. */
export interface Crowd {
  answered: number;
  /** Nothing listened. */
  refused: number;
  /** It was accepted, and ended before the answer. */
  broken: number;
}

/** Clients that connect again and again, concurrently, until told to end. */
export class Clients {
  readonly crowd: Crowd = { answered: 0, refused: 0, broken: 0 };
  private isOver = false;
  private readonly all: Promise<void>[];

  constructor(private readonly target: Target, sides = 4) {
    this.all = Array.from({ length: sides }, () => this.go());
  }

  async end(): Promise<Crowd> {
    this.isOver = true;
    await Promise.all(this.all);
    return this.crowd;
  }

  private async go(): Promise<void> {
    while (!this.isOver) {
      try {
        await ask(this.target);
        this.crowd.answered++;
      } catch (error) {
        if (error instanceof Deno.errors.ConnectionRefused) this.crowd.refused++;
        else this.crowd.broken++;
      }
    }
  }
}
