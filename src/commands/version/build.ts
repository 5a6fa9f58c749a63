/** What an executable of imp was made from. */
export interface Built {
  /** The commit, with `+changes` if files differed from it; `unknown` outside a clone. */
  readonly commit: string;
  /** The date of the commit, as 2026-11-30; '' outside a clone. */
  readonly date: string;
  /** `linux-x64`, `linux-arm64-musl` …; `source` if imp was not compiled. */
  readonly target: string;
  /** The embedded runtime, and its version. */
  readonly runtime: string;
  /** The bundler. */
  readonly bundler: string;
  /** Embedded packages, and their versions. */
  readonly packages: Readonly<Record<string, string>>;
}

/** Defined by scripts/build.ts. */
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
