/**
 * The directory and the name of an absolute path, cut at its last slash. Unlike with dirname(3) a slash at the end counts:
 * the name is empty then, and only a directory can be meant.
 */
export function splitPath(path: string): [directory: string, name: string] {
  const slash = path.lastIndexOf("/");
  return [path.slice(0, slash) || "/", path.slice(slash + 1)];
}
