// Pure: minutes and hours of a crontab line, one by one.

/**
 * The line with its minutes and hours listed: steps and ranges within given hours are as fixed as a list, and are to
 * be treated so at daylight saving changes. If it runs in every hour, or every few hours, unchanged: those follow
 * elapsed time.
 */
export function withListedTimes(fields: readonly string[]): string {
  const [minute, hour, ...days] = fields;
  const hours = days.length === 3 ? listed(hour, 23) : undefined;
  const minutes = hours === undefined ? undefined : listed(minute.replace("?", "*"), 59, "0-59");
  return (minutes === undefined ? fields : [minutes, hours, ...days]).join(" ");
}

/**
 * `1,3` of `1-4/2`.
 * @param all what `*` stands for, if it may be listed
 * @returns undefined also for what is wrong: whoever reads the line says so
 */
function listed(text: string, last: number, all?: string): string | undefined {
  const found = new Set<number>();
  for (const part of text.split(",")) {
    const spelled = all === undefined ? part : part.replace("*", all);
    const match = /^(\d{1,2})(?:-(\d{1,2})(?:\/(\d{1,2}))?)?$/.exec(spelled);
    if (!match) return undefined;
    const [from, to, by] = [match[1], match[2] ?? match[1], match[3] ?? "1"].map(Number);
    if (from > to || to > last || by < 1 || by > last + 1) return undefined;
    for (let one = from; one <= to; one += by) found.add(one);
  }
  return [...found].sort((a, b) => a - b).join(",");
}
