/** What an executable of imp was made from. */
export interface Built {
  /** The commit, with `+changes` where files differed from it; `unknown` outside a clone. */
  readonly commit: string;
  /** Of the commit, as 2026-11-30; '' outside a clone. */
  readonly date: string;
  /** `linux-x64`, `linux-arm64-musl` …; `source` where imp was not compiled. */
  readonly target: string;
  /** The runtime inside, and its version. */
  readonly runtime: string;
  /** What bundled it. */
  readonly bundler: string;
  /** Packages inside, and their versions. */
  readonly packages: Readonly<Record<string, string>>;
}

/** scripts/build.ts writes it. */
declare const IMP_BUILD: Built | undefined;

export function builtFrom(): Built {
  if (typeof IMP_BUILD !== "undefined") return IMP_BUILD;
  const none = "none";
  return {
    commit: "unknown",
    date: "",
    target: "source",
    runtime: none,
    bundler: none,
    packages: {},
  };
}
