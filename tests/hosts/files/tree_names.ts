/** Names of everything below a directory; directories end with a slash. */
export function tree(path: string): string[] {
  return [...Deno.readDirSync(path)].flatMap(({ name, isDirectory }) =>
    isDirectory
      ? [`${name}/`, ...tree(`${path}/${name}`).map((inner) => `${name}/${inner}`)]
      : [name]
  ).sort();
}
