// Lines of other tools, and imp's for them: each is read by imp's own parser.
import { assertEquals } from "@std/assert";
import { otherLine } from "../../src/cli/other_lines/other_line.ts";
import { parseCommandLine } from "../../src/cli/parse.ts";
import { COMMANDS } from "../../src/commands/registry.ts";

/** Words separated by single spaces; `_` stands for a space within a word. */
const words = (line: string) => line.split(" ").map((word) => word.replaceAll("_", " "));

/** The line that was typed, the word in it that imp does not know, and imp's line. */
const LINES: readonly (readonly [typed: string, unknown: string, own: string])[] = [
  // screen, tmux
  ["screen -dmS web sleep 1", "screen", "start web --tty --restart no -C . -- sleep 1"],
  ["-dmS web sleep 1", "-dmS", "start web --tty --restart no -C . -- sleep 1"],
  ["screen -S web", "screen", "start web --tty --restart no -C . -- bash"],
  ["screen -r web", "screen", "attach web"],
  ["screen -ls", "screen", "list"],
  ["screen -S web -X quit", "screen", "stop web"],
  ["tmux new -s web top", "tmux", "start web --tty --restart no -C . -- top"],
  [
    "new-session -d -s web cd_/;_top",
    "new-session",
    "start web --tty --restart no -C . -- sh -c cd_/;_top",
  ],
  ["attach -t web", "-t", "attach web"],
  ["a -t web", "a", "attach web"],
  ["kill-session -t web", "kill-session", "stop web"],
  ["send-keys -t web C-c", "send-keys", "attach web"],
  // runit, supervisorctl, systemctl
  ["sv up web", "sv", "start web"],
  ["sv down web", "sv", "stop web"],
  ["sv kill web", "sv", "signal web KILL"],
  ["sv hup web", "sv", "reload web"],
  ["pause web", "pause", "signal web STOP"],
  ["supervisorctl status", "supervisorctl", "list"],
  ["supervisorctl restart all", "supervisorctl", "restart --all"],
  ["tail -f web stderr", "tail", "logs -f --stderr web"],
  ["tail -100 web", "tail", "logs -n 100 web"],
  ["shutdown", "shutdown", "stop --all"],
  ["systemctl --user restart web", "systemctl", "restart web"],
  ["journalctl -u web -f", "journalctl", "logs -f web"],
  ["logs -u web -n 5", "-u", "logs -n 5 web"],
  ["service web restart", "service", "restart web"],
  // pm2
  ["pm2 start app.js --name api -i 4", "pm2", "start api -C . --instances 4 -- node app.js"],
  ["start app.js --watch", "--watch", "start app -C . --on-change . -- node app.js"],
  ["start npm --name web -- start", "--name", "start web -C . -- npm start"],
  ["start npm_run_start --name web", "--name", "start web -C . -- npm run start"],
  ["start app.py --interpreter python3", "--interpreter", "start app -C . -- python3 app.py"],
  [
    "start app.js --restart-delay 3000 -o out.log",
    "--restart-delay",
    "start app -C . --backoff 3000ms..30s --log out.log -- node app.js",
  ],
  [
    "start app.js --no-autorestart --restart-delay 3000",
    "--no-autorestart",
    "start app -C . --restart no -- node app.js",
  ],
  ["delete all", "delete", "remove --stop --all"],
  ["sendSignal SIGUSR2 web", "sendSignal", "signal web SIGUSR2"],
  ["pm2 logs web --lines 5 --err", "pm2", "logs -n 5 --stderr web"],
  ["scale app 4", "scale", "start app --instances 4 -- PROGRAM"],
  // start-stop-daemon
  [
    "daemon --start --background --make-pidfile --pidfile /run/x.pid --chuid web --exec /bin/x -- -v",
    "--start",
    "daemon -p /run/x.pid -u web -- /bin/x -v",
  ],
  ["daemon -S -b -m -p /run/x.pid -x /bin/x -- -v", "-S", "daemon -p /run/x.pid -- /bin/x -v"],
  [
    "start-stop-daemon -S -o -p /x --notify-await --notify-timeout 5 -x /bin/x",
    "start-stop-daemon",
    "daemon -p /x --ready notify --ready-timeout 5s --oknodo -- /bin/x",
  ],
  ["--stop --pidfile /run/x.pid --retry TERM/30/KILL/5", "--stop", "stop -t 30s -p /run/x.pid"],
  ["stop -K -p /run/x.pid --signal HUP", "-K", "signal -p /run/x.pid HUP"],
  ["start-stop-daemon --status --pidfile /x", "start-stop-daemon", "status -p /x"],
  // nohup, setsid, daemonize, inits, xargs, sem, crontab
  ["nohup sleep 1", "nohup", "daemon -- sleep 1"],
  ["setsid -f sleep 1", "setsid", "daemon -- sleep 1"],
  ["daemonize -p /x -c / /bin/y -z", "daemonize", "daemon -p /x -C / -- /bin/y -z"],
  ["tini -g -- true", "tini", "init -g -- true"],
  ["dumb-init -c --rewrite 15:3 true", "dumb-init", "init -r 15:3 -- true"],
  ["init -c true", "-c", "init -- true"],
  ["xargs -n1 echo", "xargs", "pool -n1 echo"],
  ["sem --id x -j2 gzip a", "sem", "pool --sem x -j 2 -- gzip a"],
  ["crontab -l", "crontab", "list"],
  ["kill -9 web", "kill", "signal web 9"],
  ["kill web", "kill", "stop web"],
  ["signal -s HUP web", "-s", "signal web HUP"],
  ["signal web -KILL", "-K", "signal web KILL"],
  ["man imp-start", "man", "help start"],
  ["compose up -d", "compose", "up"],
];

Deno.test("lines of other tools are shown as imp's", () => {
  for (const [typed, unknown, own] of LINES) {
    assertEquals(otherLine(words(typed), unknown), words(own), typed);
  }
});

Deno.test("imp understands each of them", async () => {
  for (const [, , own] of LINES) {
    const [name, ...rest] = words(own);
    if (name === "help") continue;
    const command = await COMMANDS.find((one) => one.name === name)!.load();
    const { values, operands } = parseCommandLine(command, rest);
    command.request(values, operands);
  }
});

Deno.test("imp's own lines with a mistake are none of another tool", () => {
  const lines = [
    ["start web --wach -- true", "--wach"],
    ["start web --watch -- true", "--watch"],
    ["logs web --errr", "--errr"],
    ["deamon true", "deamon"],
    ["stop web --retry 5", "--retry"],
    ["start -x -- sleep 1", "-x"],
    ["-q", ""],
    ["constructor", "constructor"],
  ];
  for (const [line, unknown] of lines) {
    assertEquals(otherLine(words(line), unknown), undefined, line);
  }
});
