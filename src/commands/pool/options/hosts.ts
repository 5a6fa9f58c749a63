import type { Option } from "../../../cli/options.ts";

/** Jobs on other machines. */
export const HOST_OPTIONS = [
  {
    group: "Hosts",
    name: "sshlogin",
    short: "S",
    value: "HOSTS",
    many: true,
    summary:
      "run jobs on these hosts, by ssh: HOST,USER@HOST,N/HOST for N cores; : is this machine; {host} and {sshlogin} stand for it",
  },
  {
    group: "Hosts",
    name: "hosts",
    aliases: ["--sshloginfile", "--slf"],
    value: "FILE",
    many: true,
    summary: "read hosts from FILE, one on a line, again whenever it changes",
  },
  {
    group: "Hosts",
    name: "on-lost",
    value: "WHAT",
    choices: ["fail", "retry"],
    summary:
      "a job whose host is lost has failed (default); retry: another host gets it, and it may run twice",
  },
  {
    group: "Hosts",
    name: "host-timeout",
    value: "D",
    summary: "a host of which nothing is heard for D is lost (default 30s)",
  },
  {
    group: "Hosts",
    name: "sshdelay",
    value: "D",
    summary: "wait D between two connections",
  },
  {
    group: "Hosts",
    name: "ssh",
    value: "COMMAND",
    summary: "connect by COMMAND, not by ssh: 'ssh -F my.config'",
  },
  {
    group: "Hosts",
    name: "imp-file",
    value: "ARCH=FILE",
    many: true,
    summary: "copy this executable of imp to hosts of another kind, as uname -m names it",
  },
] as const satisfies readonly Option[];
