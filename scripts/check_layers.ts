/**
 * Checks the layers of src/ (docs/architecture.md): imports point down only and never form a circle; `Deno`, `Bun` and
 * their modules stay in src/runtime; no file outgrows reading size; an exported name means one thing and is used
 * elsewhere; the kernel's numbers are in src/libc/abi.ts.
 */
import { ERRNO_NAMES, SIGNAL_NAMES } from "../src/libc/abi.ts";
import { blank, lineAt } from "./lib/blank.ts";
import {
  checkNames,
  checkUse,
  EXPORTED,
  type Problem,
  type SourceFile,
} from "./lib/exported_names.ts";

/** What each layer may import besides itself. Every other folder of src/ is a capability. */
const BELOW: Record<string, string[]> = {
  base: [],
  runtime: ["base"],
  libc: ["base", "runtime"],
  procfs: ["base", "runtime", "libc"],
  cli: ["base", "runtime", "libc"], // libc: output is written by write(2)
};
const BELOW_CAPABILITIES = ["base", "runtime", "libc", "procfs"];
/** The capabilities that build on others; every entry is a decision. */
const CAPABILITY_USES: Record<string, string[]> = {
  daemon: ["termination", "ready"],
  compare: ["inspect", "daemon", "family", "termination"],
  init: ["termination", "keeper"], // keeper: where the small executables are
  multiprocessing: ["termination", "workers"],
  pool: ["termination", "workers", "init"], // init: a foreground program on a terminal
  hosts: ["pool", "termination", "workers"], // jobs of a pool, elsewhere
  queue: ["hosts", "pool", "termination", "workers"],
  report: ["pool"], // what a pool knows of its jobs
  with: ["termination", "init", "ready"], // init: a foreground program on a terminal
  family: ["inspect", "termination"],
  doctor: ["inspect", "family", "daemon", "keeper"],
  keeper: ["termination", "daemon", "ready", "logs"],
  boot: ["keeper", "inspect"],
  project: ["keeper", "termination"],
  lab: ["inspect", "family", "termination", "compare", "multiprocessing"],
};
/** Files and folders of src/libc that the rest of it builds on, from the bottom up. */
const LIBC_FLOORS = [
  "abi.ts",
  "abi_files.ts",
  "abi_mounts.ts",
  "abi_programs.ts",
  "abi_signals.ts",
  "abi_terminal.ts",
  "machine.ts",
  "structs.ts",
  "calling",
  "descriptors",
  "users",
  "processes",
  "time.ts",
];
const ENTRY = "main.ts";
/** The only place for numbers that have a name in C's headers. The runtime drivers are below it. */
const ABI = "src/libc/abi.ts";
const ABIS = /^src\/libc\/(?:abi(?:_\w+)?|machine)\.ts$/;
/** Names that errno.h and signal.h give to numbers, and families of others. */
const HEADER_NAMES = new Set([
  ...ERRNO_NAMES.split(" "),
  ...SIGNAL_NAMES.split(" ").map((name) => `SIG${name}`),
]);
const HEADER_FAMILIES =
  /^(?:SIG|SA|O|F|AF|BPF|CLONE|EFD|EM|EPOLL|FALLOC|IN|IOPRIO|MADV|MAP|MFD|MS|MSG|PF|PIDFD|PROT|PR|PT|RLIMIT|S|SCM|SECCOMP|SOCK|SOL|SO|STATX|TFD|UTIME)_[A-Z_]+$|^(?:AT_(?:FDCWD|EACCESS|EMPTY_PATH|REMOVEDIR|SYMLINK_[A-Z]+)|FD_CLOEXEC|LOCK_(?:EX|NB|SH|UN)|POLL(?:IN|OUT|ERR|HUP)|TIOC[A-Z]+|W(?:NOHANG|UNTRACED|EXITED|NOWAIT))$/;
/** Files directly in src/ that are entry points; as a layer they are above the capabilities. */
const API: Record<string, string> = {
  "mod.ts": "api",
  "child.ts": "api",
  "child_main.ts": "api",
  "old_name.ts": "api",
  "thread_main.ts": "api",
};
/** What programs load with the library. */
const LIBRARY = new Set("api runtime libc procfs termination workers multiprocessing".split(" "));
const MAX_LINES = 300;

export function checkLayers(files: SourceFile[]): Problem[] {
  const imports = new Map(files.map((file) => [file.path, importsOf(file)]));
  return [
    ...files.flatMap((file) => [
      ...checkImports(file.path, imports.get(file.path)!),
      ...checkRuntimeUse(file),
      ...checkLength(file),
      ...checkNumbers(file),
    ]),
    ...checkCircles(imports),
    ...checkNames(files),
    ...checkCopies(files),
  ];
}

interface Import {
  specifier: string;
  line: number;
}

function importsOf(file: SourceFile): Import[] {
  const code = blank(file.text, "comments");
  const found = code.matchAll(/\b(?:from|import)\b\s*\(?\s*(["'])([^"'\n]+)\1/g);
  return [...found].map((match) => ({ specifier: match[2], line: lineAt(code, match.index) }));
}

function checkImports(path: string, imports: readonly Import[]): Problem[] {
  return imports.flatMap(({ specifier, line }) => {
    const message = judgeImport(path, specifier);
    return message ? [{ path, line, message }] : [];
  });
}

/** Files that need each other, even if only for a type, cannot be read one after the other. */
function checkCircles(imports: ReadonlyMap<string, readonly Import[]>): Problem[] {
  const problems: Problem[] = [];
  const done = new Set<string>();
  const visit = (path: string, above: readonly string[]) => {
    if (done.has(path)) return;
    const way = [...above, path];
    for (const { specifier, line } of imports.get(path) ?? []) {
      const target = specifier.startsWith(".") ? resolve(path, specifier) : specifier;
      const start = way.indexOf(target);
      if (start < 0) visit(target, way);
      else {
        const circle = [...way.slice(start), target].join(" -> ");
        problems.push({ path, line, message: `closes a circle: ${circle}` });
      }
    }
    done.add(path);
  };
  for (const path of imports.keys()) visit(path, []);
  return problems;
}

/** What is wrong with an import; undefined: nothing. */
function judgeImport(path: string, specifier: string): string | undefined {
  const from = layerOf(path);
  if (from === undefined) return "is in no layer";
  if (/^(npm|jsr|https?|file):/.test(specifier)) {
    return `imports ${specifier}: name it in deno.json's import map`;
  }
  if (/^(node|bun|deno):/.test(specifier)) {
    return from === "runtime" ? undefined : `imports ${specifier}: only src/runtime may`;
  }
  if (!specifier.startsWith(".")) {
    if (from === "base") return `imports ${specifier}: src/base imports nothing`;
    return LIBRARY.has(from) && !specifier.startsWith("imp:")
      ? `imports ${specifier}: a program that uses the library from source has no packages of imp's`
      : undefined;
  }
  const target = resolve(path, specifier);
  if (target === "deno.json") return undefined;
  const to = layerOf(target);
  if (to === undefined) return `imports ${target}, which is in no layer`;
  if (from === "libc" && to === "libc") return judgeFloor(path, target);
  if (from === to || mayImport(from, to)) return undefined;
  return `imports ${target}: ${from} may not use ${to}`;
}

function judgeFloor(path: string, target: string): string | undefined {
  const [from, to] = [path, target].map((one) => LIBC_FLOORS.indexOf(one.split("/")[2]));
  return from >= to ? undefined : `imports ${target}: it lies above, in src/libc`;
}

function mayImport(from: string, to: string): boolean {
  if (to === ENTRY) return false;
  if (from === ENTRY) return true;
  if (from === "commands") return true;
  if (from === "api") return to !== "commands" && to !== "cli";
  if (to === "api") return false;
  if (from in BELOW) return BELOW[from].includes(to);
  return [...BELOW_CAPABILITIES, ...CAPABILITY_USES[from] ?? []].includes(to);
}

/** The folder below src/; a file directly in src/ that is not an entry point (version.ts) counts as base. */
function layerOf(path: string): string | undefined {
  if (path === ENTRY) return ENTRY;
  const [top, folder, ...rest] = path.split("/");
  if (top !== "src") return undefined;
  return rest.length > 0 ? folder : API[folder] ?? "base";
}

function resolve(path: string, specifier: string): string {
  const base = new URL(path, "file:///");
  return new URL(specifier, base).pathname.slice(1);
}

function checkRuntimeUse(file: SourceFile): Problem[] {
  if (layerOf(file.path) === "runtime") return [];
  const code = blank(file.text, "comments and strings");
  return [...code.matchAll(/(?<![\w.$])(?:globalThis\.)?(Deno|Bun)\b\s*\??\.(?!\.)/g)].map((
    match,
  ) => ({
    path: file.path,
    line: lineAt(code, match.index),
    message: `uses ${match[1]}: only src/runtime may`,
  }));
}

function checkLength({ path, text }: SourceFile): Problem[] {
  const lines = text.split("\n").length - (text.endsWith("\n") ? 1 : 0);
  if (lines <= MAX_LINES) return [];
  return [{ path, line: lines, message: `has ${lines} lines, more than ${MAX_LINES}` }];
}

/** A number that has a name in C's headers must not be repeated: one of its copies may be wrong. */
function checkNumbers({ path, text }: SourceFile): Problem[] {
  if (ABIS.test(path) || layerOf(path) === "runtime") return [];
  const code = blank(text, "comments and strings");
  return [...code.matchAll(/(?<=\bconst\b[^;{}()]*?)\b([A-Z][A-Z0-9_]*)\s*=\s*-?\d/g)]
    .filter(([, name]) => HEADER_NAMES.has(name) || HEADER_FAMILIES.test(name))
    .map((match) => ({
      path,
      line: lineAt(code, match.index),
      message: `defines ${match[1]}: import it from ${ABI}`,
    }));
}

/** Calls that take a number with a name in the headers: bare, its reader must look it up. */
const BARE_NUMBER =
  /\b(?:sendSignal|signalByNumber|signalProcess|signalTree|lseek|setpriority|ioctl)\((?:[^(),]+,){1,2}\s*[1-9]\d*\s*\)/g;

/** A constant of the ABI defined once more, under its name, or a bare number in its place. */
function checkCopies(files: readonly SourceFile[]): Problem[] {
  const abi = files.filter(({ path }) => ABIS.test(path));
  const homes = new Map(
    abi.flatMap(({ path, text }) =>
      [...blank(text, "comments and strings").matchAll(EXPORTED)].map(([, name]) => [name, path])
    ),
  );
  const others = files.filter(({ path }) => !ABIS.test(path) && layerOf(path) !== "runtime");
  return others.flatMap(({ path, text }) => {
    const code = blank(text, "comments and strings");
    const copies = [...code.matchAll(/\bconst ([A-Z_][A-Z0-9_]*)\b/g)]
      .filter(([, name]) =>
        homes.has(name) && !HEADER_NAMES.has(name) && !HEADER_FAMILIES.test(name)
      )
      .map(({ index, 1: name }) => ({
        index,
        message: `defines ${name}, as ${homes.get(name)} does`,
      }));
    const bare = [...code.matchAll(BARE_NUMBER)]
      .map(({ index, 0: call }) => ({ index, message: `${call}: name the number, from ${ABI}` }));
    return [...copies, ...bare].map(({ index, message }) => ({
      path,
      line: lineAt(code, index),
      message,
    }));
  });
}

async function sources(root: URL, folders: string[], paths: string[] = []): Promise<SourceFile[]> {
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for await (const { name, isDirectory } of Deno.readDir(new URL(folder, root))) {
      if (isDirectory) folders.push(`${folder}/${name}`);
      else if (/\.[jt]sx?$/.test(name)) paths.push(`${folder}/${name}`);
    }
  }
  paths.sort();
  return await Promise.all(
    paths.map(async (path) => ({ path, text: await Deno.readTextFile(new URL(path, root)) })),
  );
}

if (import.meta.main) {
  const root = new URL("../", import.meta.url);
  const files = await sources(root, ["src"], [ENTRY]);
  const users = await sources(root, ["tests", "scripts"]);
  const problems = [...checkLayers(files), ...checkUse(files, users)];
  for (const { path, line, message } of problems) console.error(`${path}:${line}: ${message}`);
  if (problems.length > 0) Deno.exit(1);
  console.log(`${files.length} files keep to their layers`);
}
