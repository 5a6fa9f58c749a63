import type { Option } from "../../../cli/options.ts";

/** Jobs on other machines. */
export const HOST_OPTIONS = [
  {
    group: "Hosts",
    name: "sshlogin",
    short: "S",
    value: "HOST,...",
    many: true,
    summary:
      "run jobs on these hosts, by ssh: HOST, USER@HOST, HOST:PORT, N/HOST for N cores, 'ssh -p 22 HOST', : for this machine; @GROUP/HOST puts a host into a group, @GROUP selects its hosts; {host} and {sshlogin} stand for it",
  },
  {
    group: "Hosts",
    name: "hosts",
    aliases: ["--sshloginfile", "--slf"],
    value: "FILE",
    many: true,
    summary:
      "read hosts from FILE, one on a line, again whenever it changes; .. is ~/.parallel/sshloginfile, - stdin",
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
    summary: "a host that is silent for D is lost (default 30s)",
  },
  {
    group: "Hosts",
    name: "filter-hosts",
    summary: "skip hosts that cannot be used, without a message",
  },
  {
    group: "Hosts",
    name: "sshdelay",
    aliases: ["--ssh-delay"],
    value: "D",
    summary: "wait D between two connections; at most 8 are opened at a time",
  },
  {
    group: "Hosts",
    name: "ssh",
    value: "COMMAND",
    summary: "connect with COMMAND instead of ssh (also $PARALLEL_SSH): 'ssh -F my.config'",
  },
  {
    group: "Hosts",
    name: "imp-file",
    value: "ARCH=FILE",
    many: true,
    summary:
      "executable of imp to copy to hosts of another architecture; ARCH is what uname -m prints there",
  },
  {
    group: "Hosts",
    name: "transferfile",
    aliases: ["--tf", "--transfer-file", "--transferfiles", "--transfer-files"],
    value: "FILE",
    many: true,
    summary:
      "send FILE to the job's host first, with placeholders; to the same path, or below the work directory: what follows /./ there",
  },
  { group: "Hosts", name: "transfer", summary: "send the item's file: --transferfile {}" },
  {
    group: "Hosts",
    name: "return",
    value: "FILE",
    many: true,
    summary: "bring FILE back when the job has ended, to the same path here; with placeholders",
  },
  {
    group: "Hosts",
    name: "cleanup",
    summary: "remove what was sent and returned from the host, and directories made for it",
  },
  {
    group: "Hosts",
    name: "trc",
    value: "FILE",
    many: true,
    summary: "--transfer --return FILE --cleanup",
  },
  {
    group: "Hosts",
    name: "basefile",
    aliases: ["--bf"],
    value: "FILE",
    many: true,
    summary: "send FILE to each host before its first job",
  },
  {
    group: "Hosts",
    name: "onall",
    summary: "run each job on every host, one at a time there; -j N: on so many hosts at once",
  },
  {
    group: "Hosts",
    name: "nonall",
    summary: "run PROGRAM once on every host, without items",
  },
  {
    group: "Hosts",
    name: "env",
    value: "NAME",
    many: true,
    summary:
      "give jobs on hosts this variable, or function of bash; _: all but those of this machine and session",
  },
] as const satisfies readonly Option[];
