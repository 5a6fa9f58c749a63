// Completions and manual pages, made from the option tables, in the real shells and in man.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
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
];
type Cases = typeof CASES;

function withImp(box: Sandbox): string {
  if (!exists(box.path("bin/imp"))) {
    Deno.mkdirSync(box.path("bin"));
    Deno.symlinkSync(impBinary(), box.path("bin/imp"));
  }
  return `PATH=${box.path("bin")}:$PATH; cd ${box.directory}`;
}

e2e("completions: bash, without the package bash-completion", async (box) => {
  const tries = CASES.map(([typed]) => `try ${typed}`).join("\n");
  const { stdout, stderr } = await box.sh(`${withImp(box)}
    source <(imp completions bash)
    try() {
      COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
      COMP_LINE="$*" COMP_POINT=1000
      _imp 2>/dev/null
      echo "\${COMPREPLY[0]}"
    }
    ${tries}
    try imp daemon -- slee
    try imp daemon -p FILE slee
    try imp pool --on nats : //localhost : 4222 slee
    try imp inspect $$`);
  assertEquals(stderr, "");
  const lines = stdout.split("\n");
  assertEquals(lines.slice(0, CASES.length), CASES.map(([, offered]) => offered));
  assertEquals(lines.slice(CASES.length, CASES.length + 3), ["sleep", "sleep", "sleep"]);
  assert(/^\d+/.test(lines[CASES.length + 3]), "PIDs");
});

e2e("completions: zsh, at its prompt", async (box) => {
  const shown = await offeredByZsh(box, CASES);
  CASES.forEach(([typed, offered], i) => {
    assertStringIncludes(shown[i], [...typed.split(" ").slice(0, -1), offered].join(" "));
  });
});

async function offeredByZsh(box: Sandbox, cases: Cases): Promise<string[]> {
  const tries = cases.map(([typed]) => `try '${typed}'`).join("\n");
  // A key of its own prints the line as it stands after the completion, and empties it.
  const { stdout, stderr } = await box.run([
    "zsh",
    "-f",
    "-c",
    `${withImp(box)}
    zmodload zsh/zpty
    zpty z "PATH=$PATH TERM=vt100 zsh -f -i"
    zpty -w z 'PS1=; autoload -U compinit; compinit -D -u; source <(imp completions zsh)'
    zpty -w z 'show() { print -r -- "g""ot=$BUFFER="; BUFFER= }; zle -N show; bindkey "^Xs" show'
    zpty -w z 'print rea""dy'
    zpty -r z all '*ready*'
    try() {
      zpty -w -n z "$1"$'\t\x18s'
      zpty -r z all '*got=*=*'
      all=\${all##*got=}
      print -r -- "\${all%=*}"
    }
    ${tries}
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
    for (const [i, line] of (await offeredByZsh(box, cases)).entries()) {
      assertStringIncludes(line, cases[i][0].replace(/bra$/, "brave"));
    }
    assertEquals(await offeredByFish(box, cases), ["brave", "brave"]);
    const { stdout } = await box.sh(`${withImp(box)}
    source <(imp completions bash)
    COMP_WORDS=(imp runs show --on nats : //x bra) COMP_CWORD=7
    COMP_LINE='${cases[0][0]}' COMP_POINT=1000
    _imp 2>/dev/null
    echo "\${COMPREPLY[*]}"
    # Nobody waits for a queue that does not answer.
    imp completion-words run 'imp runs show --on nats://127.0.0.1:1 ' 2>/dev/null
    echo over`);
    assertEquals(stdout, "brave\nover\n");
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
