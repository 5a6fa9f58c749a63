// Bars as SVG, which needs no script: the title of each bar appears when the pointer is over it.
import { formatDuration } from "../base/duration.ts";
import type { Bin, RunView } from "./view.ts";

const HEIGHT = 100;

/** How many jobs ended in each part of the run. */
export function rateChart({ rate, wall }: RunView): string {
  const seconds = Math.max(1, wall) / rate.length / 1000;
  const most = Math.max(...rate.map(({ good, bad }) => good + bad));
  const bars = barsOf(
    rate,
    most,
    (all) => all === 1 ? "1 job" : `${plural(all)}, ${perSecond(all / seconds)} per second`,
  );
  const axis = [0, 0.25, 0.5, 0.75, 1].map((part) =>
    part === 0 ? "0" : formatDuration(wall * part)
  );
  return chart("Jobs that ended per second", bars, rate.length, axis, {
    top: `${perSecond(most / seconds)}/s`,
  });
}

/** How many jobs took how long. */
export function timesChart({ times, logarithmic, median }: RunView): string {
  const most = Math.max(...times.map(({ good, bad }) => good + bad));
  const bars = barsOf(times, most, plural);
  const at = [0, 0.25, 0.5, 0.75, 1].map((part) => Math.round(part * times.length));
  const axis = at.map((i) => formatDuration(i === 0 ? times[0].from : times[i - 1].to));
  return chart("Jobs by run time", bars, times.length, axis, {
    top: plural(most),
    note: `median ${formatDuration(median)}${logarithmic ? "; logarithmic scale" : ""}`,
  });
}

/** A number of jobs per second with a sensible number of digits. */
export function perSecond(value: number): string {
  if (value >= 100) return String(Math.round(value));
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

interface ChartTexts {
  readonly top: string;
  readonly note?: string;
}

function chart(
  title: string,
  bars: string,
  width: number,
  axis: readonly string[],
  { top, note }: ChartTexts,
): string {
  return `<figure><figcaption><b>${title}</b>${note ? ` <span>${note}</span>` : ""}` +
    `<span class=top>${top}</span></figcaption>` +
    `<svg viewBox="0 0 ${width} ${HEIGHT}" preserveAspectRatio=none role=img aria-label="${title}">` +
    `${bars}</svg><div class=axis>${
      axis.map((text) => `<span>${text}</span>`).join("")
    }</div></figure>`;
}

function barsOf(
  bins: readonly Bin[],
  most: number,
  says: (jobs: number) => string,
): string {
  return bins.map((bin, i) => {
    const all = bin.good + bin.bad;
    if (all === 0) return "";
    // One job among a hundred thousand is visible, too.
    const height = Math.max(1.5, all / most * HEIGHT);
    const bad = bin.bad === 0 ? 0 : Math.max(1.5, bin.bad / all * height);
    const failed = bin.bad ? `, ${bin.bad} failed` : "";
    const bar = (kind: string, y: number, h: number) =>
      h <= 0
        ? ""
        : `<rect class=${kind} x=${i + 0.06} y=${y.toFixed(1)} width=.88 height=${h.toFixed(1)} />`;
    return `<g><title>${span(bin.from, bin.to)}: ${says(all)}${failed}</title>${
      bar("good", HEIGHT - height, height - bad)
    }` +
      `${bar("bad", HEIGHT - bad, bad)}</g>`;
  }).join("");
}

function span(from: number, to: number): string {
  return `${formatDuration(from)} to ${formatDuration(to)}`;
}

function plural(jobs: number): string {
  return jobs === 1 ? "1 job" : `${jobs.toLocaleString("en")} jobs`;
}
