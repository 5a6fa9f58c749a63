// Completions and manual pages, made from the option tables, in the real shells and in man.
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { COMMANDS } from "../../src/commands/registry.ts";
import { e2e, exists, impBinary, type Sandbox } from "./harness.ts";
import { e2eWithNats } from "./nats.ts";
import { drain, submit } from "./queue_run.ts";

/** What is typed, and what is offered: the words, or for `…` also others. */
const CASES: readonly (readonly [typed: string, offered: string])[] = [
  ["imp daem", "daemon"],
  ["imp daemon --pid", "--pidfile"],
  ["imp lab zombie-fl", "zombie-flood"],
  ["imp doctor reap", "reaping"],
  ["imp init --parent-death HU", "HUP"],
  ["imp compare --shell da", "dash"],
  ["imp completions zs", "zsh"],
  ["imp help poo", "pool"],
  ["imp --color always insp", "inspect"],
  ["imp run /etc/host.con", "/etc/host.conf"],
  ["imp pool --need", "--needs"],
  ["imp pool --on-lost re", "retry"],
  ["imp worker --ta", "--tag"],
  ["imp worker --allow /etc/host.con", "/etc/host.conf"],
  ["imp report /etc/host.con", "/etc/host.conf"],
  ["imp signal USR1", "USR1"],
  ["imp runs canc", "cancel"],
  ["imp runs list --giv", "--given-up"],
  ["imp -q insp", "inspect"],
  ["imp export sys", "systemd"],
  ["imp export toml que", "queue@1"],
  ["imp stop queue@", "queue@1"],
  ["imp inspect queue@", "queue@1"],
  ["imp status bygo", "bygone"],
  ["imp start x -- gunzi", "gunzip"],
  ["imp start x -- cat /etc/host.con", "/etc/host.conf"],
  ["imp start x --on-change /etc/host.con", "/etc/host.conf"],
  ["imp start x --timezone Europe/Berl", "Europe/Berlin"],
  ["imp start x --pre gunzi", "gunzip"],
  ["imp up --profile sometim", "sometimes"],
  ["imp pool -S a,8/webh", "a,8/webhost"],
  ["imp pool -S root@knownh", "root@knownhost"],
];
type Cases = typeof CASES;

/** With a home that has a kept daemon, one of `imp daemon -n`, a project, and hosts that ssh knows. */
function withImp(box: Sandbox): string {
  if (!exists(box.path("bin/imp"))) {
    for (const path of ["bin", ".ssh", "imp/daemons/queue@1"]) {
      Deno.mkdirSync(box.path(path), { recursive: true });
    }
    Deno.symlinkSync(impBinary(), box.path("bin/imp"));
    for (
      const [path, text] of [
        [".ssh/config", "Host webhost *.lan\n  User ada\n"],
        [".ssh/known_hosts", "|1|aa=|bb= ssh-ed25519 AA\nknownhost,10.0.0.7 ssh-ed25519 AA\n"],
        ["imp/bygone.pid", "1\n"],
        ["imp.toml", '[daemons.db]\ncommand = "sleep 9"\nprofiles = ["sometimes"]\n'],
        ["a file.log", ""],
      ]
    ) Deno.writeTextFileSync(box.path(path), text);
  }
  return `PATH=${box.path("bin")}:$PATH; cd ${box.directory}; export HOME=$PWD IMP_HOME=$PWD/imp`;
}

const BASH_CASES: Cases = [
  ...CASES,
  ["imp daemon -- gunzi", "gunzip"],
  ["imp daemon -p FILE gunzi", "gunzip"],
  ["imp pool --on nats://localhost:4222 gunzi", "gunzip"],
  ["imp pool --on-lost=re", "--on-lost=retry"],
  ["imp start x --env-file a", "a\\ file.log"],
  ["imp start x --env-file=a", "--env-file=a\\ file.log"],
  // The cursor is in the middle of the word.
  ["imp daex\x1b[D", "daemonx"],
];

e2e("completions: bash at its prompt, without the package bash-completion", async (box) => {
  const shown = await offeredAtPrompt(box, BASH_CASES, "bash");
  for (const [i, [typed, offered]] of BASH_CASES.entries()) {
    assertStringIncludes(shown[i], [...typed.split(" ").slice(0, -1), offered].join(" "));
  }
  const { stdout } = await box.sh(`${withImp(box)}
    source <(imp completions bash)
    COMP_WORDS=(imp inspect $$) COMP_CWORD=2 COMP_LINE="imp inspect $$" COMP_POINT=1000
    _imp imp $$ inspect
    echo "\${COMPREPLY[0]}"`);
  assertMatch(stdout, /^\d+/);
});

e2e("completions: zsh, at its prompt", async (box) => {
  const shown = await offeredAtPrompt(box, CASES, "zsh");
  CASES.forEach(([typed, offered], i) => {
    assertStringIncludes(shown[i], [...typed.split(" ").slice(0, -1), offered].join(" "));
  });
});

// A key of its own prints the line as it stands after the completion, and empties it.
const SHELLS = {
  bash: {
    start: "bash --norc --noprofile -i",
    setUp: [
      "PS1=; source <(imp completions bash)",
      `show() { printf "g""ot=%s=got" "$READLINE_LINE"; READLINE_LINE=; }; bind -x '"\\C-xs": show'`,
    ],
  },
  zsh: {
    start: "zsh -f -i",
    setUp: [
      "PS1=; autoload -U compinit; compinit -D -u; source <(imp completions zsh)",
      'show() { print -r -- "g""ot=$BUFFER=g""ot"; BUFFER= }; zle -N show; bindkey "^Xs" show',
    ],
  },
};

/** The line of each case after the Tab key, in a shell on a terminal of its own. */
async function offeredAtPrompt(
  box: Sandbox,
  cases: Cases,
  shell: keyof typeof SHELLS,
): Promise<string[]> {
  const { start, setUp } = SHELLS[shell];
  const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
  const { stdout, stderr } = await box.run([
    "zsh",
    "-f",
    "-c",
    `${withImp(box)}
    zmodload zsh/zpty
    zpty z "PATH=$PATH TERM=vt100 ${start}"
    ${setUp.map((line) => `zpty -w z ${quoted(line)}`).join("\n")}
    zpty -w z 'echo rea""dy'
    zpty -r z all '*ready*'
    try() {
      zpty -w -n z "$1"$'\t\x18s'
      zpty -r z all '*got=*=got*'
      all=\${all##*got=}
      print -r -- "\${all%=got*}"
    }
    ${cases.map(([typed]) => `try ${quoted(typed)}`).join("\n")}
    zpty -d z`,
  ]);
  assertEquals(stderr, "");
  return stdout.trim().split("\n");
}

e2e("completions: fish", async (box) => {
  assertEquals(await offeredByFish(box, CASES), CASES.map(([, offered]) => offered));
}, ["fish"]);

async function offeredByFish(box: Sandbox, cases: Cases): Promise<string[]> {
  const tries = cases.map(([typed]) => `complete -C '${typed}' | head -1 | cut -f1`).join("\n");
  const { stdout, stderr } = await box.sh(`${withImp(box)}
    cat > tries.fish <<'END'
imp completions fish | source
${tries}
END
    fish --no-config -c 'source tries.fish'`);
  assertEquals(stderr, "");
  return stdout.trim().split("\n");
}

e2eWithNats(
  "completions: names of runs, from the queue that the line names",
  async (box, server) => {
    await drain(box, server);
    await submit(server.url, "brave", [["true"]]);
    const cases: Cases = [
      [`imp runs show --on ${server.url} bra`, "brave"],
      [`imp pool --on ${server.url} --attach bra`, "brave"],
    ];
    for (const shell of ["bash", "zsh"] as const) {
      for (const [i, line] of (await offeredAtPrompt(box, cases, shell)).entries()) {
        assertStringIncludes(line, cases[i][0].replace(/bra$/, "brave"));
      }
    }
    assertEquals(await offeredByFish(box, cases), ["brave", "brave"]);
    const { stdout } = await box.sh(`${withImp(box)}
    # Nobody waits for a queue that does not answer.
    imp completion-words run 'imp runs show --on nats://127.0.0.1:1 ' 2>/dev/null
    echo over`);
    assertEquals(stdout, "over\n");
  },
);

e2e("completions: another shell is refused", async (box) => {
  const { code, stderr } = await box.imp(["completions", "tcsh"]);
  assertEquals(code, 2);
  assertStringIncludes(stderr, "no completions for 'tcsh'\n  write bash, zsh or fish");
});

e2e("manual: every command has a page, and man has nothing to say about any", async (box) => {
  const { stdout, stderr, code } = await box.sh(
    `mkdir man1; "$IMP" manual --dir man1
    for page in man1/*.1; do man --warnings=w -l "$page" >/dev/null || exit 1; done
    MANWIDTH=80 man -l man1/imp-daemon.1; ls man1; grep -h '^.TH IMP-P' man1/*`,
    { cwd: box.directory },
  );
  assertEquals([code, stderr], [0, ""]);
  for (const { name, hidden } of COMMANDS) {
    assertEquals(stdout.split("\n").includes(`imp-${name}.1`), !hidden, name);
  }
  assertStringIncludes(stdout, "-p, --pidfile FILE");
  assertMatch(stdout, /^\.TH IMP-POOL 1 "\d{4}-\d\d-\d\d" "imp [\d.]+" "User Commands"$/m);
}, ["man"]);
