// Where files are on a host, and here: what GNU parallel and rsync make of a path.
import { ImpError } from "../../base/errors.ts";

/** A place on a host, without `.`; only a returned file may have `..` in it. */
export interface HostPlace {
  /** What the names begin at: the root directory, or the work directory of the job. */
  readonly from: "root" | "work directory";
  readonly names: readonly string[];
}

/** A file that is sent: what it is called here, and where it goes. */
export interface SentFile {
  readonly path: string;
  readonly place: HostPlace;
}

/** A file that is returned: where it is on the host, and where it goes here. */
export interface ReturnedFile {
  readonly place: HostPlace;
  readonly path: string;
}

/** In a path: what stands behind it is kept, and begins at the work directory. */
const CUT = "/./";

/**
 * Where `--transferfile` puts a file: an absolute path at the same path, any other below the work directory, and of one with
 * `/./` the part behind it.
 * @throws ImpError for a path that names no file, or leaves the work directory by `..`
 */
export function sentFile(path: string): SentFile {
  const place = placeOfPath(path, "send");
  if (!place.names.includes("..")) return { path, place };
  throw refused("send", path, "its place would be outside of the work directory", DOTS_HINT);
}

/** Where `--return` finds a file, and where it puts it: the same place here. @throws ImpError for a path that names no file */
export function returnedFile(path: string): ReturnedFile {
  const place = placeOfPath(path, "return");
  const last = place.names.at(-1);
  if (last === undefined || last === "..") throw refused("return", path, "it names no file");
  return { place, path: path.replaceAll(CUT, "/") };
}

const DOTS_HINT = "write DIR/./NAME for what is to be NAME there";

function placeOfPath(path: string, action: string): HostPlace {
  if (path === "") throw refused(action, "a file", "its name is empty");
  const cut = path.indexOf(CUT);
  const isAbsolute = cut < 0 && path.startsWith("/");
  const names = namesOf(cut < 0 ? path : path.slice(cut + CUT.length));
  if (cut < 0 && names.length === 0) throw refused(action, path, "it names no file");
  return { from: isAbsolute ? "root" : "work directory", names };
}

/** The names in a path, without those that change nothing. */
export function namesOf(path: string): string[] {
  return path.split("/").filter((name) => name !== "" && name !== ".");
}

/** A place as a path: what the host is told. */
export function pathOfPlace({ from, names }: HostPlace): string {
  return from === "root" ? `/${names.join("/")}` : names.join("/");
}

/** The place that {@link pathOfPlace} has written. */
export function placeFromPath(path: string): HostPlace {
  return { from: path.startsWith("/") ? "root" : "work directory", names: namesOf(path) };
}

/** A path for errors, and to tell places apart: `directory` is where the work directory is. */
export function pathIn(directory: string, { from, names }: HostPlace): string {
  if (from === "root") return `/${names.join("/")}`;
  const base = directory === "/" ? "" : directory;
  return names.length === 0 ? directory : `${base}/${names.join("/")}`;
}

/**
 * Whether what a peer names below a place is below it: one name after the other, none of which leads out.
 */
export function staysBelow(path: string): boolean {
  return path === "" ||
    path.split("/").every((name) =>
      name !== "" && name !== "." && name !== ".." && !name.includes("\0")
    );
}

function refused(action: string, object: string, why: string, hint?: string): ImpError {
  return new ImpError({ action, object, errno: "EINVAL", why, hint });
}
