// The executable for musl under musl's own loader. It needs a libstdc++, which only a distribution with musl has: that of this
// machine takes its place, with the few functions of glibc's that it asks for made here. So this is not Alpine; but every
// call of imp's goes to musl.
import { assertEquals, assertMatch } from "@std/assert";
import { e2eAsRoot, exists, installed } from "../e2e/harness.ts";

const ROOT = new URL("../..", import.meta.url).pathname;
const LOADER = "/lib/ld-musl-x86_64.so.1";
const LIBRARIES = ["libstdc++.so.6", "libgcc_s.so.1"];

/** What libstdc++ and libgcc ask of glibc, and musl has not. */
const SHIM = `
typedef unsigned long size_t; typedef unsigned u32;
long syscall(long, ...);
size_t strftime_l(char *, size_t, const char *, const void *, void *);
u32 arc4random(void) { u32 x; syscall(318, &x, sizeof x, 0); return x; }
size_t __strftime_l(char *s, size_t n, const char *f, const void *t, void *l) {
  return strftime_l(s, n, f, t, l);
}
int __cxa_thread_atexit_impl(void (*f)(void *), void *a, void *d) { return 0; }
char __libc_single_threaded = 0;
int _dl_find_object(void *p, void *r) { return -1; }
u32 __cpu_model[4]; u32 __cpu_features2[4];
int __cpu_indicator_init(void) { return 0; }
`;

e2eAsRoot("musl: pools, daemons, kept daemons, init, tree and the library", async (box) => {
  if (Deno.build.arch !== "x86_64") box.skip("the loader is that of x86-64");
  if (!exists(LOADER)) box.skip(`${LOADER} is not there: install musl`);
  if (!installed("gcc")) box.skip("not installed: gcc");
  Deno.writeTextFileSync(box.path("shim.c"), SHIM);
  Deno.writeTextFileSync(
    box.path("square.ts"),
    "export const square = (x: number) => x * x;\n",
  );
  const made = await box.sh(
    `set -e; mkdir lib; for one in ${
      LIBRARIES.join(" ")
    }; do cp -L "$(gcc -print-file-name=$one)" lib/; done
    gcc -shared -fPIC -nostdlib -fno-builtin -Wl,-soname,ld-linux-x86-64.so.2 -o lib/ld-linux-x86-64.so.2 shim.c
    ${ROOT}scripts/build --target linux-x64-musl >&2; cp ${ROOT}dist/imp-linux-x64-musl imp`,
  );
  assertEquals(made.code, 0, made.stderr);
  const env = { LD_LIBRARY_PATH: box.path("lib"), IMP_HOME: box.path("home") };
  const run = (script: string) => box.sh(script.replaceAll("imp ", "./imp "), { env });
  assertMatch((await run("imp version --verbose")).stdout, /musl/);
  // The programs of this machine must not be given these libraries.
  const own = "env -u LD_LIBRARY_PATH";
  const pool = await run(
    `seq 5 | imp pool -k ${own} echo; imp pool -k --call square.ts#square --json-args ::: 2 3`,
  );
  assertEquals([pool.code, pool.stdout], [0, "1\n2\n3\n4\n5\n4\n9\n"], pool.stderr);
  const others = await run(
    `imp init -- ${own} sh -c 'kill -34 $PPID; exit 3'; echo $?; p=$(imp daemon -- ${own} sleep 1000)
    imp inspect $p | grep -c Survives; imp tree $p | grep -c ' sleep 1000$'; kill $p
    imp start web -- ${own} sleep 1000 >/dev/null && imp stop web >/dev/null; echo $?`,
  );
  assertEquals([others.code, others.stdout], [0, "3\n1\n1\n0\n"], others.stderr);
  await box.endAll();
});
