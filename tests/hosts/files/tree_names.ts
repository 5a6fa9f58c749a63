/** Names of all that is below a directory, those of directories with a slash behind them. */
export function tree(path: string): string[] {
  return [...Deno.readDirSync(path)].flatMap(({ name, isDirectory }) =>
    isDirectory
      ? [`${name}/`, ...tree(`${path}/${name}`).map((inner) => `${name}/${inner}`)]
      : [name]
  ).sort();
}
