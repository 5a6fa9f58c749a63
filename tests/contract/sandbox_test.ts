import { forkAndExecute } from "../../src/libc/processes/fork.ts";
import { readTextOrNothing } from "../../src/libc/descriptors/files.ts";
import { libc } from "../../src/libc/calling/load.ts";
import { waitFor } from "../../src/libc/processes/wait.ts";
import { sandboxSteps } from "../../src/keeper/sandbox/sandbox.ts";
import { skip } from "../skip.ts";
import { assert, assertEquals, test } from "./harness.ts";
import { ENVIRONMENT, isRoot, SLEEP } from "./support.ts";

const EXECUTE = { do: "execute", path: SLEEP, argv: [SLEEP, "1000"], env: ENVIRONMENT } as const;

test("fork: a child with mounts, and a network, of its own", () => {
  const { geteuid, getegid } = libc("geteuid", "getegid");
  const steps = sandboxSteps(
    { readOnly: ["/"], writable: ["/dev"], privateTmp: true, noNetwork: true },
    { root: isRoot, uid: geteuid(), gid: getegid(), has: (path) => path === "/tmp" },
  );
  const outcome = forkAndExecute([...steps, EXECUTE]);
  if ("failed" in outcome) {
    assert(["unshare", "hide-mounts", "write-file"].includes(outcome.failed.do), outcome.failed.do);
    return skip("a sandbox", "no namespaces can be made here");
  }
  const { pid } = outcome;
  try {
    const mounts = (readTextOrNothing(`/proc/${pid}/mounts`) ?? "").split("\n");
    const options = (point: string) =>
      mounts.findLast((line) => line.split(" ")[1] === point)?.split(" ").slice(2, 4) ?? [];
    assertEquals(options("/")[1]?.split(",")[0], "ro");
    assertEquals(options("/dev")[1]?.split(",")[0], "rw");
    assertEquals(options("/tmp")[0], "tmpfs");
    assertEquals(readTextOrNothing(`/proc/${pid}/net/dev`)?.includes("lo:"), true);
    assert(!(readTextOrNothing("/proc/self/mounts") ?? "").includes("size=10%"));
  } finally {
    libc("kill").kill(pid, 9);
    waitFor(pid);
  }
});
