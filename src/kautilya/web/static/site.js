// @ts-check
// What all views use: asks /api, writes text (never markup) into the page, keeps state in the address.
"use strict";

/** @param {string} id @returns {any} */
const at = (id) => document.getElementById(id);

/** An element with text or children. @param {string} tag @param {any} [content] @param {string} [kind] @returns {any} */
function made(tag, content = "", kind = "") {
  const one = document.createElement(tag);
  if (kind) one.className = kind;
  for (const part of Array.isArray(content) ? content : [content]) {
    one.append(part instanceof Node ? part : document.createTextNode(String(part)));
  }
  return one;
}

/** A button. @param {string} text @param {() => void} work @param {string} [label] */
function button(text, work, label = "") {
  const one = made("button", text);
  one.type = "button";
  if (label) one.setAttribute("aria-label", label);
  one.addEventListener("click", work);
  return one;
}

/** @param {string} text @param {boolean} [wrong] */
function say(text, wrong = false) {
  const status = at("status");
  status.textContent = text;
  status.className = wrong ? "error" : "";
}

/** @param {string} path @param {string} [method] @param {any} [body] */
async function ask(path, method = "GET", body) {
  const answer = await fetch(path, {
    method,
    headers: { "Content-Type": "application/json", "X-Kautilya": "1" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const data = await answer.json();
  if (!answer.ok) {
    const said = data.error || {};
    throw new Error([said.place, said.found, said.remedy].filter(Boolean).join(": "));
  }
  return data;
}

/** Run a view's work and say what went wrong. @param {() => Promise<void>} work */
async function tried(work) {
  try { await work(); } catch (error) { say(error instanceof Error ? error.message : String(error), true); }
}

/** @param {number} ms */
const later = (ms) => new Promise((done) => setTimeout(done, ms));

/** Start a job and wait for its end; null where it was cancelled.
 * @param {string} path @param {any} [body] @param {(state: any) => void} [told] */
async function job(path, body, told = () => {}) {
  let state = await ask(path, "POST", body), waits = 40;
  while (state.state === "waiting" || state.state === "running") {
    told(state);
    await later(waits);
    waits = Math.min(250, waits * 1.15);
    state = await ask(`/api/jobs/${state.id}`);
  }
  told(state);
  if (state.state === "failed") throw new Error([state.error.place, state.error.found, state.error.remedy].filter(Boolean).join(": "));
  return state.state === "done" ? state.result : null;
}

/** What a job is at, in words. @param {any} state */
function progress(state) {
  if (state.state === "waiting") return `Waiting: ${state.ahead} before this one.`;
  const part = state.total ? ` ${Math.round((100 * state.done) / state.total)} %` : "";
  return `Running …${part}`;
}

/** @param {any} value */
function digits(value) {
  if (value === null || value === undefined) return "no limit";
  if (typeof value !== "number") return String(value);
  if (value !== 0 && Math.abs(value) < 0.01) return value.toPrecision(2);
  return Math.abs(value) >= 100 ? value.toLocaleString("en", { maximumFractionDigits: 0 }) : value.toLocaleString("en", { maximumSignificantDigits: 3 });
}

/** Three digits that count. @param {number} value */
const roughly = (value) => value.toLocaleString("en", { maximumSignificantDigits: 3 });

/** Median and range. @param {any} one */
const range = (one) => (one.median === null || one.low === null || one.high === null ? "–" : `${roughly(one.median)} (${roughly(one.low)} to ${roughly(one.high)})`);

/** @param {number} share */
const percent = (share) => `${Math.round(100 * share)} %`;

const AMOUNT = /^[−+-]?[\d.,]+( %)?( \([−+\d., %-]+ to [−+\d., %-]+\))?$/;

/** A cell: numbers to the right. @param {any} cell */
const td = (cell) => made("td", typeof cell === "number" || cell === null ? digits(cell) : cell, typeof cell === "number" || AMOUNT.test(cell) ? "number" : "");

/** A table that scrolls by itself. @param {string} caption @param {string[]} head @param {any[][]} rows */
function table(caption, head, rows) {
  const body = rows.map((row) => made("tr", row.map(td)));
  const right = (/** @type {number} */ k) => rows.length > 0 && rows.every((row) => typeof row[k] === "number" || AMOUNT.test(row[k]));
  const top = made("tr", head.map((name, k) => { const th = made("th", name, right(k) ? "number" : ""); th.setAttribute("scope", "col"); return th; }));
  const region = made("div", [made("table", [made("caption", caption), made("thead", [top]), made("tbody", body)])], "scroll");
  region.tabIndex = 0;
  region.setAttribute("role", "region");
  region.setAttribute("aria-label", caption);
  return region;
}

/** A part that opens on a click. @param {string} title @param {any[]} parts */
const fold = (title, parts) => made("details", [made("summary", title), ...parts]);

/** @type {any} */
let metadata = null; // what goes along with everything that is saved
/** @type {any[]} */
let drawn = [];

/** What goes along with what is saved: of the run, and what is changed here. @param {any} [more] */
async function about(more = {}) {
  if (!metadata) {
    try { metadata = await ask("/api/about"); } catch { metadata = { scenario: document.body.dataset.scenario, as_of: document.body.dataset.asOf }; }
  }
  return { ...metadata, ...more };
}

/** A picture with its sentence and its buttons; draw it once it is in the page.
 * @param {any} one @param {string} [prefix] @param {any} [more] @param {string} [head] */
function picture(one, prefix = "", more = {}, head = "h3") {
  const id = `${prefix}${one.id}`;
  const name = made(head, one.title, "name"); name.id = `title-${id}`;
  const said = made("figcaption", one.caption); said.id = `said-${id}`;
  const place = made("div", "", "chart");
  place.id = `chart-${id}`;
  place.setAttribute("role", "img");
  place.setAttribute("aria-labelledby", name.id);
  place.setAttribute("aria-describedby", said.id);
  place.spec = () => structuredClone(one.spec);
  const kinds = ["svg", "png", "csv"].map((kind) =>
    button(kind.toUpperCase(), () => tried(async () => charts.saved(place, kind, await about(more))), `Save as ${kind.toUpperCase()}: ${one.title}`));
  for (const [k, kind] of ["svg", "png", "csv"].entries()) kinds[k].dataset.save = kind;
  return made("figure", [name, said, place, made("p", kinds, "save")]);
}

/** Draw all charts that are in the page and have another width than before. */
async function draw() {
  drawn = [...document.querySelectorAll(".chart")];
  for (const place of drawn) if (!place.closest("details:not([open])")) await charts.draw(place);
}
let resizing = 0;
addEventListener("resize", () => { clearTimeout(resizing); resizing = setTimeout(() => { if (drawn.length) draw(); }, 150); });

/** Save text as a file. @param {string} name @param {string} type @param {string} text */
function saveText(name, type, text) {
  const link = made("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 5000);
}
