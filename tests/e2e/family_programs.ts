// Programs that lose their children or their parents, and namespaces to run them in.
import { eventually, isRoot, type RunResult, type Sandbox } from "./harness.ts";

/** Starts a Python program in the background and waits until it has written `ready`. @returns its PID */
export async function startPython(box: Sandbox, name: string, source: string): Promise<number> {
  const path = box.path(`${name}.py`);
  const out = box.path(`${name}.out`);
  Deno.writeTextFileSync(path, source);
  const { stdout } = await box.sh(`python3 ${path} >${out} 2>&1 </dev/null & echo $!`);
  const text = () => {
    try {
      return Deno.readTextFileSync(out);
    } catch {
      return "";
    }
  };
  await eventually(() => text().includes("ready"), () => `${name} is not ready: ${text()}`);
  return Number(stdout);
}

/** Runs a script as PID 1 of a PID namespace with its own /proc; everything in there ends with it. */
export function inNamespace(box: Sandbox, script: string): Promise<RunResult> {
  const user = isRoot ? [] : ["--user", "--map-root-user"];
  // Two commands, so that the shell remains and reaps.
  return box.run(["unshare", ...user, "-pf", "--mount-proc", "bash", "-c", `${script}\nexit $?`]);
}

/** A parent that does not reap its ended children: exit 3, killed by KILL, odd name. */
export const NEGLECTFUL = `
import ctypes, os, signal, sys, time
def child(work):
    pid = os.fork()
    if pid == 0:
        work()
    return pid
def killed():
    os.kill(os.getpid(), signal.SIGKILL)
def odd():
    ctypes.CDLL(None).prctl(15, b"a) Z 1\\n\\x1b[31m", 0, 0, 0)
    os._exit(0)
pids = [child(lambda: os._exit(3)), child(killed), child(odd)]
for pid in pids:
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
print("ready", *pids, flush=True)
time.sleep(600)
`;

/** The same, but it handles SIGCHLD: when told, it reaps. */
export const LISTENING = NEGLECTFUL.replace(
  'print("ready"',
  `def reap(*_):
    while True:
        try:
            if os.waitpid(-1, os.WNOHANG)[0] == 0: return
        except ChildProcessError:
            return
signal.signal(signal.SIGCHLD, reap)
print("ready"`,
).replace("time.sleep(600)", "while True: time.sleep(600)");

/** A process whose first thread has ended while another runs: state Z, two threads, not a zombie. */
export const LEADERLESS_THREADS = `
import ctypes, os, threading, time
def work():
    while open("/proc/self/stat").read().rsplit(")", 1)[1].split()[0] != "Z":
        time.sleep(0.01)
    print("ready", flush=True)
    time.sleep(600)
threading.Thread(target=work).start()
ctypes.CDLL(None).syscall(${Deno.build.arch === "aarch64" ? 93 : 60}, 0)
`;

/** A tree of two that listens, holds a log and a removed file, and is orphaned by kill -9 of its parent. */
export const ORPHANS = `
import os, signal, socket, sys, time
signal.signal(signal.SIGHUP, signal.SIG_DFL)
parent = os.getpid()
if os.fork() == 0:
    server = socket.socket()
    server.bind(("127.0.0.1", 0))
    server.listen()
    log = open(sys.argv[0] + ".log", "w")
    gone = open(sys.argv[0] + ".gone", "w")
    os.unlink(gone.name)
    if os.fork() == 0:
        time.sleep(600)
    os.kill(parent, signal.SIGKILL)
    while os.getppid() == parent: time.sleep(0.01)
    print("ready", os.getpid(), server.getsockname()[1], flush=True)
    time.sleep(600)
time.sleep(600)
`;

/** The output of such a program after \`ready\`. */
export function told(box: Sandbox, name: string): number[] {
  const text = Deno.readTextFileSync(box.path(`${name}.out`));
  return (/ready(.*)/.exec(text)?.[1] ?? "").trim().split(" ").filter(Boolean).map(Number);
}
