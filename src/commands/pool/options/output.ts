import { JSON_OPTION, type Option } from "../../../cli/options.ts";

/** What is printed and recorded. */
export const OUTPUT_OPTIONS = [
  {
    group: "Output",
    name: "keep-order",
    aliases: ["--keeporder"],
    short: "k",
    summary: "print in order of submission",
  },
  { group: "Output", name: "tag", summary: "begin each line with the item and a tab" },
  {
    group: "Output",
    name: "tagstring",
    value: "TEXT",
    summary: "begin each line with TEXT, with its placeholders replaced, and a tab; \\t is a tab",
  },
  {
    group: "Output",
    name: "group",
    summary: "print a job's output whole when it has ended (default)",
  },
  {
    group: "Output",
    name: "line-buffer",
    aliases: ["--lb", "--linebuffer"],
    summary: "print lines as they come, from all jobs, whole",
  },
  {
    group: "Output",
    name: "ungroup",
    short: "u",
    summary: "jobs write to imp's stdout and stderr themselves",
  },
  { group: "Output", ...JSON_OPTION, summary: "print one JSON object per job, with its output" },
  {
    group: "Output",
    name: "results",
    aliases: ["--res"],
    value: "DIR",
    summary: "keep stdout, stderr and result.json of each job in DIR, in a folder of its own",
  },
  {
    group: "Output",
    name: "results-by",
    value: "WHAT",
    choices: ["arguments", "number"],
    summary: "a job's folder is DIR/1/ARG1/2/ARG2, as in GNU parallel (default), or DIR/SEQ",
  },
  {
    group: "Output",
    name: "files",
    summary: "print the names of files with the output of jobs, not the output",
  },
  {
    group: "Output",
    name: "tmpdir",
    value: "DIR",
    summary: "make temporary files, and those of --files, in DIR (default $TMPDIR, /tmp)",
  },
  {
    group: "Output",
    name: "report",
    value: "FILE",
    summary: "write a page (HTML) about the run to FILE: timeline, failures, slowest jobs",
  },
  {
    group: "Output",
    name: "progress",
    aliases: ["--bar", "--eta"],
    summary: "show progress on a terminal",
  },
  {
    group: "Output",
    name: "trace",
    short: "t",
    summary: "print each command on stderr before it runs",
  },
  {
    group: "Output",
    name: "dry-run",
    aliases: ["--dryrun"],
    summary: "print the commands, run nothing",
  },
  {
    group: "Going on",
    name: "joblog",
    value: "FILE",
    summary: "write a line per job to FILE, in GNU parallel's columns; +FILE appends",
  },
  {
    group: "Going on",
    name: "resume",
    summary: "skip jobs that have ended according to the --joblog FILE",
  },
  {
    group: "Going on",
    name: "resume-failed",
    summary: "skip jobs that have succeeded according to it",
  },
  {
    group: "Going on",
    name: "will-cite",
    aliases: ["-i", "-x", "--exit", "--no-notice"],
    summary: "no effect, because imp always behaves this way",
  },
] as const satisfies readonly Option[];
