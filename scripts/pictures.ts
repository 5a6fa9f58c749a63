/**
 * Makes the pictures of docs/pictures: each is what imp wrote to a terminal, on this machine, now.
 *
 *     scripts/pictures [NAME...]
 */
import { screenOf } from "./lib/screen.ts";
import { screenSvg } from "./lib/screen_svg.ts";

interface Scene {
  /** The command that is shown. */
  readonly shown: string;
  /** The command that is run; `imp` is the built one. */
  readonly runs: string;
  readonly before?: string;
  readonly after?: string;
  readonly columns: number;
  /** Default: 60. */
  readonly rows?: number;
  /** When to capture the terminal, ms; undefined: at the end. */
  readonly at?: number;
}

const SCENES: Readonly<Record<string, Scene>> = {
  compare: {
    shown: "imp compare --styles '&,nohup,setsid,daemon'",
    runs: "imp compare --styles '&,nohup,setsid,daemon'",
    columns: 100,
  },
  tree: {
    shown: "imp tree $$",
    // In a new PID namespace: the picture shows no processes of others.
    runs: "unshare -pf --mount-proc bash ./demo",
    before:
      "echo '(sleep 4.1 | cat) & setsid sleep 4.2 & sleep 4.3 & sleep 1; imp tree $$; wait' > demo",
    columns: 96,
  },
  list: {
    before: "imp start web -- sh -c 'echo listening on 8080; exec sleep 10001'; " +
      "imp start queue -- sh -c 'echo 3 messages waiting; exec sleep 10002'; " +
      "imp start mail -- sh -c 'echo cannot reach smtp.example.net; sleep 0.3; exit 3'; sleep 1",
    shown: "imp list --watch",
    runs: "timeout --foreground 5 imp list --watch",
    after: "imp stop --all --now",
    columns: 90,
    rows: 7,
    at: 3000,
  },
  pool: {
    before: "for i in $(seq 10 70); do : > IMG_$i.jpg; done; " +
      "printf '#!/bin/sh\\nsleep 0.2\\n[ $1 != IMG_17.jpg ] || exit 3\\n' > resize; chmod +x resize",
    shown: "imp pool -j4 --progress -- ./resize ::: *.jpg",
    runs: "imp pool -j4 --progress -- ./resize ::: *.jpg",
    columns: 90,
    at: 2000,
  },
};

const root = new URL("../", import.meta.url).pathname;

async function make(name: string, scene: Scene): Promise<void> {
  const home = await Deno.makeTempDir({ prefix: "imp-pictures-" });
  await Deno.mkdir(`${home}/bin`);
  await Deno.symlink(`${root}dist/imp`, `${home}/bin/imp`);
  const env = {
    ...{ HOME: home, IMP_HOME: `${home}/state`, TMPDIR: home, TERM: "xterm-256color" },
    ...{ LC_ALL: "C.UTF-8", PATH: `${home}/bin:${Deno.env.get("PATH")}`, PS1: "$ " },
  };
  try {
    if (scene.before) await run(scene.before, env, home);
    const output = await onTerminal(scene, env, home);
    const svg = screenSvg(scene.shown, screenOf(output));
    await Deno.mkdir(`${root}docs/pictures`, { recursive: true });
    await Deno.writeTextFile(`${root}docs/pictures/${name}.svg`, svg.replaceAll(home, "~"));
    console.log(`docs/pictures/${name}.svg: ${svg.length} bytes`);
  } finally {
    if (scene.after) await run(scene.after, env, home);
    await Deno.remove(home, { recursive: true });
  }
}

async function run(script: string, env: Record<string, string>, cwd: string): Promise<void> {
  const out = { stdin: "null", stdout: "null", stderr: "inherit" } as const;
  await new Deno.Command("sh", { args: ["-c", script], env, cwd, ...out }).output();
}

/** What a program writes to a new terminal of script(1), until it ends or the scene's time comes. */
async function onTerminal(
  { runs, columns, rows = 60, at }: Scene,
  env: Record<string, string>,
  cwd: string,
): Promise<string> {
  const command = `stty cols ${columns} rows ${rows}; ${runs}`;
  const child = new Deno.Command("script", {
    args: ["-qec", command, "/dev/null"],
    ...{ env, cwd, stdin: "null", stdout: "piped", stderr: "inherit" },
  }).spawn();
  const begin = Date.now();
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of child.stdout) {
    if (at !== undefined && Date.now() - begin > at) continue;
    text += decoder.decode(chunk, { stream: true });
  }
  await child.status;
  return text;
}

if (import.meta.main) {
  const names = Deno.args.length > 0 ? Deno.args : Object.keys(SCENES);
  for (const name of names) {
    if (!(name in SCENES)) {
      console.error(`pictures: no picture '${name}': ${Object.keys(SCENES).join(", ")}`);
      Deno.exit(2);
    }
    await make(name, SCENES[name]);
  }
}
