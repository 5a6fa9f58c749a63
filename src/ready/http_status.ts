/** The status in the first line of an HTTP answer; `incomplete`: more may come; `none`: it is no such answer. */
export function statusOf(answer: string): number | "incomplete" | "none" {
  const match = /^HTTP\/\d(?:\.\d)? (\d{3})(?=[ \r\n])/.exec(answer);
  if (match) return Number(match[1]);
  const begun = /^H?T?T?P?\/?\d?\.?\d? ?\d{0,3}$/.test(answer);
  return begun ? "incomplete" : "none";
}
