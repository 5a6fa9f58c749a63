import { run } from "./commands.ts";
import type { Release, Target } from "./facts.ts";

const SUMMARY = "daemons, job pools, init, and what processes really are";
const UNSTRIPPED =
  "The executable is not stripped: it holds the runtime Bun with imp's program in it.";

/** @param tree {@link packageTree} @returns the name of the file in the release folder */
export async function makeDeb(release: Release, target: Target, tree: string): Promise<string> {
  const { out, version, time, quick } = release;
  const { deb } = target.packages!;
  const size = (await run("du", ["-sk", "--apparent-size", tree])).split("\t")[0];
  await Deno.mkdir(`${tree}/DEBIAN`, { mode: 0o755 });
  const control = {
    Package: "imp",
    Version: version,
    Section: "admin",
    Priority: "optional",
    Architecture: deb,
    Depends: "libc6 (>= 2.28)",
    "Installed-Size": size,
    Maintainer: "the imp authors <imp@localhost>",
    Description:
      `${SUMMARY}\n Turns commands into daemons and keeps them, runs pools of jobs in\n pipelines, ` +
      `reaps zombies and orphans as PID 1, and shows what processes are.\n .\n ${
        UNSTRIPPED.replace(": ", ":\n ")
      }`,
  };
  const text = Object.entries(control).map(([key, value]) => `${key}: ${value}\n`).join("");
  await Deno.writeTextFile(`${tree}/DEBIAN/control`, text);
  const overrides = `${tree}/usr/share/lintian/overrides`;
  await Deno.mkdir(overrides, { recursive: true });
  await Deno.writeTextFile(
    `${overrides}/imp`,
    `# ${UNSTRIPPED}\nimp: unstripped-binary-or-object [usr/bin/imp]\nimp: embedded-library *\n`,
  );
  await run("find", [tree, "-type", "d", "-exec", "chmod", "755", "{}", "+"]);
  const name = `imp_${version}_${deb}.deb`;
  const level = quick ? "-z1" : "-z9";
  await run("dpkg-deb", [
    "--root-owner-group",
    "-Zxz",
    level,
    "--threads-max=1",
    "-b",
    tree,
    `${out}/${name}`,
  ], {
    env: { SOURCE_DATE_EPOCH: String(time) },
  });
  return name;
}

/** @param tree {@link packageTree} @returns the name of the file in the release folder */
export async function makeRpm(release: Release, target: Target, tree: string): Promise<string> {
  const { out, work, version, time, quick } = release;
  const { rpm } = target.packages!;
  const top = `${work}/rpmbuild-${target.name}`;
  const spec = `${work}/imp-${target.name}.spec`;
  await Deno.mkdir(top);
  await Deno.writeTextFile(
    spec,
    `Name: imp
Version: ${version}
Release: 1
Summary: ${SUMMARY}
License: MIT
Requires: glibc >= 2.28
AutoReqProv: no

%description
Turns commands into daemons and keeps them, runs pools of jobs in pipelines,
reaps zombies and orphans as PID 1, and shows what processes are.
${UNSTRIPPED}

%install
mkdir -p %{buildroot}
cp -a ${tree}/. %{buildroot}/

%files
%defattr(-,root,root,-)
/usr/bin/imp
%dir /usr/libexec/imp
/usr/libexec/imp/*
/usr/share/man/man1/*
/usr/share/bash-completion/completions/imp
/usr/share/zsh/site-functions/_imp
/usr/share/fish/vendor_completions.d/imp.fish
%doc /usr/share/doc/imp
`,
  );
  const define = (name: string, value: string) => ["--define", `${name} ${value}`];
  await run("rpmbuild", [
    "-bb",
    "--quiet",
    `--target=${rpm}`,
    ...define("_topdir", top),
    ...define("debug_package", "%{nil}"),
    ...define("__os_install_post", "%{nil}"),
    ...define("_build_id_links", "none"),
    ...define("_buildhost", "localhost"),
    ...define("use_source_date_epoch_as_buildtime", "1"),
    ...define("clamp_mtime_to_source_date_epoch", "1"),
    ...define("build_mtime_policy", "clamp_to_source_date_epoch"),
    ...define("_binary_payload", quick ? "w1.zstdio" : "w19.zstdio"),
    spec,
  ], { env: { SOURCE_DATE_EPOCH: String(time) } });
  const name = `imp-${version}-1.${rpm}.rpm`;
  await Deno.copyFile(`${top}/RPMS/${rpm}/${name}`, `${out}/${name}`);
  return name;
}

/** @param name a folder in the work folder @returns names of files in the release folder */
export async function makeArchives(release: Release, name: string): Promise<string[]> {
  const { out, work, time, quick } = release;
  const tar = `${work}/${name}.tar`;
  await run("tar", [
    "--create",
    `--file=${tar}`,
    `--directory=${work}`,
    "--sort=name",
    "--format=gnu",
    "--owner=root:0",
    "--group=root:0",
    "--numeric-owner",
    `--mtime=@${time}`,
    "--mode=u=rwX,go=rX",
    name,
  ]);
  await Promise.all([
    run("xz", ["--keep", "--force", "--threads=1", quick ? "-1" : "-9", tar]),
    run("zstd", ["--quiet", "--force", "-T1", quick ? "-1" : "-19", tar]),
  ]);
  const names = [`${name}.tar.xz`, `${name}.tar.zst`];
  const packed = [`${tar}.xz`, `${tar}.zst`];
  for (const [i, file] of names.entries()) await Deno.copyFile(packed[i], `${out}/${file}`);
  for (const file of [tar, ...packed]) await Deno.remove(file);
  return names;
}
