import { assertEquals } from "@std/assert";
import { kernelFileSystem, tellsOfChanges } from "../../src/procfs/file_systems.ts";

Deno.test("file systems: those of the kernel's own are known by what is mounted, also behind a link", () => {
  assertEquals(kernelFileSystem("/proc/self/status"), "proc");
  assertEquals(kernelFileSystem("/proc/mounts"), "proc");
  assertEquals(kernelFileSystem("/sys/kernel"), "sysfs");
  const [directory, missing] = [import.meta.dirname!, `${import.meta.dirname}/missing`];
  for (const path of [directory, missing]) assertEquals(kernelFileSystem(path), undefined);
  assertEquals(["/proc", directory].map(tellsOfChanges), [false, true]);
});
