// Where files are on a host, and here: paths as GNU parallel and rsync interpret them.
import { ImpError } from "../../base/errors.ts";

/** A place on a host, without `.`; only a returned file may contain `..`. */
export interface HostPlace {
  /** What the names are relative to: the root directory, or the job's work directory. */
  readonly from: "root" | "work directory";
  readonly names: readonly string[];
}

/** A sent file: its name here, and its destination. */
export interface SentFile {
  readonly path: string;
  readonly place: HostPlace;
}

/** A returned file: its place on the host, and its destination here. */
export interface ReturnedFile {
  readonly place: HostPlace;
  readonly path: string;
}

/** In a path: what follows it is kept, relative to the work directory. */
const CUT = "/./";

/**
 * Where `--transferfile` puts a file: an absolute path at the same path, any other below the work directory, and for
 * one with `/./` the part after it.
 * @throws ImpError for a path that names no file, or leaves the work directory by `..`
 */
export function sentFile(path: string): SentFile {
  const place = placeOfPath(path, "send");
  if (!place.names.includes("..")) return { path, place };
  throw refused("send", path, "its place would be outside of the work directory", DOTS_HINT);
}

/**
 * Where `--return` finds a file, and where it puts it: the same place here. @throws ImpError for a path that names no
 * file
 */
export function returnedFile(path: string): ReturnedFile {
  const place = placeOfPath(path, "return");
  const last = place.names.at(-1);
  if (last === undefined || last === "..") throw refused("return", path, "it does not name a file");
  return { place, path: path.replaceAll(CUT, "/") };
}

const DOTS_HINT = "write DIR/./NAME for what is to be NAME there";

function placeOfPath(path: string, action: string): HostPlace {
  if (path === "") throw refused(action, "a file", "its name is empty");
  const cut = path.indexOf(CUT);
  const isAbsolute = cut < 0 && path.startsWith("/");
  const names = namesOf(cut < 0 ? path : path.slice(cut + CUT.length));
  if (cut < 0 && names.length === 0) throw refused(action, path, "it does not name a file");
  return { from: isAbsolute ? "root" : "work directory", names };
}

/** A path's components, without those that have no effect. */
export function namesOf(path: string): string[] {
  return path.split("/").filter((name) => name !== "" && name !== ".");
}

/** A place as a path, for the host. */
export function pathOfPlace({ from, names }: HostPlace): string {
  return from === "root" ? `/${names.join("/")}` : names.join("/");
}

/** The inverse of {@link pathOfPlace}. */
export function placeFromPath(path: string): HostPlace {
  return { from: path.startsWith("/") ? "root" : "work directory", names: namesOf(path) };
}

/** A path for errors, and to tell places apart: `directory` is the work directory. */
export function pathIn(directory: string, { from, names }: HostPlace): string {
  if (from === "root") return `/${names.join("/")}`;
  const base = directory === "/" ? "" : directory;
  return names.length === 0 ? directory : `${base}/${names.join("/")}`;
}

/** Whether a peer's path stays below a place: a sequence of names, none of which leads out. */
export function staysBelow(path: string): boolean {
  return path === "" ||
    path.split("/").every((name) =>
      name !== "" && name !== "." && name !== ".." && !name.includes("\0")
    );
}

function refused(action: string, object: string, why: string, hint?: string): ImpError {
  return new ImpError({ action, object, errno: "EINVAL", why, hint });
}
