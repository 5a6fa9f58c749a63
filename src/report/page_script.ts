/**
 * The script of a report: plain JavaScript for the browser, which draws the timeline and searches. What comes from jobs
 * is set as text only. It records on the root element how long it took to draw (`data-drawn`) and whether something
 * failed.
 */
export const PAGE_SCRIPT = String.raw`
"use strict";
const root = document.documentElement, $ = (id) => document.getElementById(id);
addEventListener("error", (event) => { root.dataset.error = event.message; });
const began = performance.now();
const d = JSON.parse($("data").textContent), n = d.seq.length;
root.classList.add("js");
const start = new Float64Array(n), end = new Float64Array(n), cmd = new Array(n);
let time = 0, previous = "", last = 0;
for (let i = 0; i < n; i++) {
  start[i] = time += d.start[i];
  end[i] = time + d.run[i];
  if (end[i] > last) last = end[i];
  cmd[i] = previous = previous.slice(0, d.same[i]) + d.rest[i];
}
const slots = Math.max(1, d.hostOfSlot.length);
const lanes = Array.from({ length: slots }, () => []);
for (let i = 0; i < n; i++) lanes[d.slot[i]].push(i);
const whole = [0, Math.max(1, last)];
let view = whole, found = null;
const canvas = $("lanes"), map = $("map"), tip = $("tip"), pen = canvas.getContext("2d");
const AXIS = 22;
const rowHeight = Math.max(2, Math.min(22, Math.floor(420 / slots)));
const height = rowHeight * slots + AXIS;
const manyHosts = d.hosts.length > 1;
const left = manyHosts ? 96 : 34;
let width = 0;

function duration(ms) {
  if (ms < 0.5) return "0";
  if (ms < 1000) return Math.round(ms) + "ms";
  if (ms < 60000) return +(ms / 1000).toFixed(ms < 10000 ? 2 : 1) + "s";
  const s = Math.floor(ms / 1000), two = (x) => String(x).padStart(2, "0");
  if (s < 3600) return Math.floor(s / 60) + "m" + (s % 60 ? " " + two(s % 60) + "s" : "");
  return Math.floor(s / 3600) + "h" + (s % 3600 < 60 ? "" : " " + two(Math.floor(s / 60) % 60) + "m");
}
function outcome(code) { return d.names[code]; }
// A job may hold any characters: invisible ones, and those that change the direction of writing, are shown as escapes.
function visible(text) {
  return text.replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g,
    (c) => "\\u" + c.charCodeAt(0).toString(16).padStart(4, "0"));
}

function draw() {
  const scale = devicePixelRatio || 1;
  width = map.clientWidth;
  canvas.width = width * scale;
  canvas.height = height * scale;
  canvas.style.height = height + "px";
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  const css = getComputedStyle(root), color = (name) => css.getPropertyValue(name).trim();
  pen.clearRect(0, 0, width, height);
  pen.font = "11px system-ui, sans-serif";
  grid(color);
  const kinds = found
    ? [[(i) => !found[i], color("--faint"), 0], [(i) => found[i] && d.end[i] === 0, color("--good"), 1.5],
      [(i) => found[i] && d.end[i] !== 0, color("--bad"), 2]]
    : [[(i) => d.end[i] === 0, color("--good"), 0], [(i) => d.end[i] !== 0, color("--bad"), 2]];
  for (const [test, ink, least] of kinds) {
    pen.fillStyle = ink;
    for (let slot = 0; slot < slots; slot++) lane(slot, test, least);
  }
}
// Jobs that are narrower than a pixel are drawn as one bar with their neighbours.
function lane(slot, test, least) {
  const ids = lanes[slot], room = width - left, per = room / (view[1] - view[0]);
  const y = slot * rowHeight, h = rowHeight > 4 ? rowHeight - 2 : Math.max(1, rowHeight - 0.5);
  let from = 0, to = -1;
  const flush = () => {
    if (to > from) pen.fillRect(left + from, y, Math.max(least, to - from), h);
    to = -1;
  };
  for (let k = 0; k < ids.length; k++) {
    const i = ids[k];
    if (end[i] < view[0] || start[i] > view[1] || !test(i)) continue;
    const a = Math.max(0, (start[i] - view[0]) * per), b = Math.min(room, (end[i] - view[0]) * per);
    const wide = b - a >= 3;
    if (to >= 0 && !wide && a <= to + 0.3) {
      to = Math.max(to, b, a + 0.5);
      continue;
    }
    flush();
    from = a;
    to = wide ? b - 1 : Math.max(b, a + 0.5);
    if (wide) flush();
  }
  flush();
}
function grid(color) {
  const room = width - left, steps = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 15e3, 3e4, 6e4, 12e4, 3e5, 6e5,
    9e5, 18e5, 36e5, 72e5, 216e5, 432e5, 864e5, 1728e5, 6048e5];
  const wanted = (view[1] - view[0]) / Math.max(2, room / 95);
  const step = steps.find((one) => one >= wanted) || steps[steps.length - 1];
  pen.textBaseline = "top";
  pen.textAlign = "center";
  for (let t = Math.ceil(view[0] / step) * step; t <= view[1]; t += step) {
    const x = left + (t - view[0]) / (view[1] - view[0]) * room;
    pen.fillStyle = color("--line");
    pen.fillRect(Math.round(x), 0, 1, height - AXIS + 4);
    pen.fillStyle = color("--dim");
    if (x < width - 24) pen.fillText(duration(t), Math.max(left + 10, x), height - AXIS + 7);
  }
  pen.textAlign = "right";
  pen.textBaseline = "middle";
  let next = 0;
  for (let slot = 0; slot < slots; slot++) {
    const y = slot * rowHeight + rowHeight / 2;
    const first = slot === 0 || d.hostOfSlot[slot] !== d.hostOfSlot[slot - 1];
    const name = manyHosts ? d.hosts[d.hostOfSlot[slot]] : String(slot + 1);
    if (manyHosts ? !first : slot !== 0 && y < next) continue;
    next = y + 16;
    pen.fillText(name.length > 13 ? name.slice(0, 12) + "…" : name, left - 8, Math.max(6, y));
  }
}

function timeAt(x) { return view[0] + (x - left) / (width - left) * (view[1] - view[0]); }
function jobAt(x, y) {
  const ids = lanes[Math.floor(y / rowHeight)];
  if (!ids || x < left) return -1;
  const t = timeAt(x), slack = 2 / (width - left) * (view[1] - view[0]);
  let low = 0, high = ids.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (start[ids[middle]] <= t + slack) low = middle + 1; else high = middle;
  }
  let best = -1;
  for (let k = low - 1; k >= 0 && k > low - 40; k--) {
    const i = ids[k];
    if (end[i] + slack < t) continue;
    if (best < 0 || (d.end[i] !== 0 && d.end[best] === 0)) best = i;
  }
  return best;
}
function place(event) {
  const box = canvas.getBoundingClientRect();
  return [event.clientX - box.left, event.clientY - box.top];
}
let drag = -1;
canvas.addEventListener("pointerdown", (event) => { if (event.button === 0) drag = place(event)[0]; });
canvas.addEventListener("pointermove", (event) => {
  const [x, y] = place(event), sel = $("sel");
  if (drag >= 0) {
    tip.style.display = "none";
    sel.style.display = "block";
    sel.style.left = Math.min(x, drag) + "px";
    sel.style.width = Math.abs(x - drag) + "px";
    return;
  }
  const i = jobAt(x, y);
  tip.style.display = i < 0 ? "none" : "block";
  if (i < 0) return;
  tip.textContent = "job " + d.seq[i] + " · " + outcome(d.end[i]) + " · " + duration(d.run[i]) + " · began at " +
    duration(start[i]) + "\n" + visible(cmd[i]).slice(0, 300);
  tip.style.left = Math.max(0, Math.min(x + 14, width - tip.offsetWidth - 4)) + "px";
  tip.style.top = y + 18 + "px";
});
canvas.addEventListener("pointerleave", () => { tip.style.display = "none"; });
addEventListener("pointerup", (event) => {
  if (drag < 0) return;
  const from = Math.max(left, Math.min(drag, place(event)[0])), to = Math.max(drag, place(event)[0]);
  drag = -1;
  $("sel").style.display = "none";
  if (to - from > 5) zoom([timeAt(from), Math.min(whole[1], timeAt(to))]);
});
function zoom(range) {
  view = range[1] - range[0] < 1 ? [range[0], range[0] + 1] : range;
  $("reset").hidden = view === whole;
  draw();
}
canvas.addEventListener("dblclick", () => zoom(whole));
$("reset").addEventListener("click", () => zoom(whole));

const MOST = 200, query = $("query");
function search() {
  const text = query.value.trim().toLowerCase(), list = $("list");
  list.replaceChildren();
  if (text === "") {
    found = null;
    $("count").textContent = "";
    $("hits").hidden = true;
    return draw();
  }
  found = new Uint8Array(n);
  let count = 0;
  for (let i = 0; i < n; i++) {
    const fits = text === "failed" ? d.end[i] !== 0 : cmd[i].toLowerCase().includes(text) || outcome(d.end[i]).toLowerCase() === text ||
      String(d.seq[i]) === text;
    if (!fits) continue;
    found[i] = 1;
    if (++count <= MOST) list.append(row(i));
  }
  $("hits").hidden = count === 0;
  $("count").textContent = count === 0 ? "No job matches." : count + (count === 1 ? " job" : " jobs") +
    (count > MOST ? ", the first " + MOST + " are listed; the timeline shows all" : "");
  draw();
}
function row(i) {
  const tr = document.createElement("tr");
  const cell = (name, text, tag) => {
    const td = document.createElement("td"), inner = tag ? document.createElement(tag) : td;
    td.className = name;
    inner.textContent = text;
    if (tag) td.append(inner);
    tr.append(td);
    return td;
  };
  cell("n", d.seq[i]);
  cell("e", outcome(d.end[i])).classList.toggle("no-word", d.end[i] !== 0);
  cell("n", duration(d.run[i]));
  cell("n s", duration(start[i]));
  cell("c", visible(cmd[i]), "code");
  return tr;
}
let waiting = 0;
query.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(search, 120); });
addEventListener("resize", draw);
matchMedia("(prefers-color-scheme:dark)").addEventListener("change", draw);
const first = performance.now();
draw();
root.dataset.drawn = Math.ceil(performance.now() - first);
root.dataset.ready = Math.ceil(performance.now() - began);
if (root.dataset.live) setInterval(() => { if (query.value === "" && view === whole) location.reload(); }, 5000);
`;
