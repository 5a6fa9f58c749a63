import type { Leader, OrphanedTree, OrphanReport } from "../../family/orphans.ts";

// docs/zombies-and-orphans.md describes these objects: names are only ever added.

export function orphansJson({ trees, others }: OrphanReport): Record<string, unknown> {
  return { orphans: trees.map(treeJson), others: Object.fromEntries(others) };
}

function treeJson(tree: OrphanedTree): Record<string, unknown> {
  const { root, standing, members } = tree;
  const { command, kind, uid, parent, startedAt, origin, holdings } = tree.describe();
  return {
    pid: root.pid,
    comm: root.comm,
    command,
    standing,
    ...kind,
    state: root.state,
    uid,
    parent,
    startTicks: root.startTicks,
    startedAt,
    // The kernel keeps no such time.
    orphanedAt: null,
    session: { sid: origin.sid, leader: brief(origin.sessionLeader), login: origin.login },
    group: { pgid: origin.pgid, leader: brief(origin.groupLeader) },
    tty: origin.tty,
    unit: origin.unit,
    members: members.map((member) => brief(member)),
    holds: {
      terminals: holdings.terminals,
      ports: holdings.ports.map(({ protocol, address }) => ({ protocol, address })),
      files: holdings.files,
      directories: holdings.directories,
      hidden: holdings.hidden,
    },
  };
}

function brief(stat: Leader | null): Record<string, unknown> | "hidden" | null {
  if (stat === null || stat === "hidden") return stat;
  return { pid: stat.pid, ppid: stat.ppid, comm: stat.comm, state: stat.state };
}
