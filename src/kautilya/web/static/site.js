// @ts-check
// The page's own script: asks /api, writes text (never markup) into the page, keeps state in the address.
"use strict";

/** @param {string} id @returns {any} */
const at = (id) => document.getElementById(id);

/** An element with text or children. @param {string} tag @param {any} [content] @param {string} [kind] */
function made(tag, content = "", kind = "") {
  const one = document.createElement(tag);
  if (kind) one.className = kind;
  for (const part of Array.isArray(content) ? content : [content]) {
    one.append(part instanceof Node ? part : document.createTextNode(String(part)));
  }
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

/** @param {any} value */
function digits(value) {
  if (value === null || value === undefined) return "no limit";
  if (typeof value !== "number") return String(value);
  if (value !== 0 && Math.abs(value) < 0.01) return value.toPrecision(2);
  return value.toLocaleString("en", { maximumSignificantDigits: Math.abs(value) >= 1000 ? 15 : 3, maximumFractionDigits: Math.abs(value) >= 100 ? 0 : 2 });
}

/** A table. @param {string} caption @param {string[]} head @param {any[][]} rows */
function table(caption, head, rows) {
  const body = rows.map((row) => made("tr", row.map((cell) => made("td", typeof cell === "number" || cell === null ? digits(cell) : cell, typeof cell === "number" ? "number" : ""))));
  const top = made("tr", head.map((name) => { const th = made("th", name); th.setAttribute("scope", "col"); return th; }));
  return made("table", [made("caption", caption), made("thead", [top]), made("tbody", body)]);
}

/** Run a view's work and say what went wrong. @param {() => Promise<void>} work */
async function tried(work) {
  try { await work(); } catch (error) { say(error instanceof Error ? error.message : String(error), true); }
}

const VIEWS = {
  async answer() {
    const found = await ask("/api/answer");
    const short = (found.parts || []).flatMap((/** @type {any} */ one) => [made("p", one.says), made("p", one.trust, "meta")]);
    const long = found.sentences.map((/** @type {string} */ one) => made("p", one));
    at("answer").replaceChildren(...(short.length ? [...short, made("details", [made("summary", "The answer at length"), ...long])] : long));
    if (found.caution) { at("caution").textContent = found.caution; at("caution").hidden = false; }
    for (const one of found.tables || []) {
      const region = made("div", [table(one.title, one.columns, one.rows)], "scroll");
      region.tabIndex = 0;
      at("tables").append(region);
    }
  },

  async articles() {
    at("articles").addEventListener("submit", (/** @type {Event} */ event) => {
      event.preventDefault();
      tried(async () => {
        say("Reading …");
        const found = await ask("/api/articles", "POST", { text: at("text").value });
        at("found").replaceChildren(...found.sentences.map(sentence));
        say(`${found.covered} of ${found.sentences.length} sentences say a claim of this scenario.`);
      });
    });
  },

  async numbers() {
    const dropped = new Set();
    const look = () => tried(async () => {
      say("Looking …");
      const found = await ask("/api/numbers", "POST", { text: at("text").value, dropped: [...dropped] });
      at("found").replaceChildren(...impossible(found, dropped, look));
      say(found.conflicts.length ? "These figures cannot all be true." : "These figures can all be true.");
    });
    at("file").addEventListener("change", async () => { const file = at("file").files[0]; if (file) at("text").value = await file.text(); });
    at("numbers").addEventListener("submit", (/** @type {Event} */ event) => { event.preventDefault(); dropped.clear(); look(); });
  },

  async assumptions() {
    const look = () => tried(async () => {
      const asked = new URLSearchParams({ search: at("search").value, sort: at("sort").value });
      history.replaceState(null, "", `?${asked}`);
      const found = await ask(`/api/assumptions?${asked}`);
      const rows = found.rows.map((/** @type {any} */ row) => [row.id, row.low, row.central, row.high, row.unit, row.source, row.grade, row.note]);
      at("found").replaceChildren(table(`${rows.length} figures`, ["figure", "low", "central", "high", "unit", "source", "grade", "note"], rows));
    });
    const kept = new URLSearchParams(location.search);
    at("search").value = kept.get("search") || "";
    if (kept.get("sort")) at("sort").value = kept.get("sort");
    at("search").addEventListener("input", look);
    at("sort").addEventListener("change", look);
    at("assumptions").addEventListener("submit", (/** @type {Event} */ event) => event.preventDefault());
    await look();
  },

  async whatif() {
    const { levers } = await ask("/api/levers");
    const kept = new Set((new URLSearchParams(location.search).get("levers") || "").split(",").filter(Boolean));
    for (const one of levers) {
      const box = /** @type {HTMLInputElement} */ (made("input"));
      box.type = "checkbox"; box.name = "lever"; box.value = one.name; box.checked = kept.has(one.name);
      at("levers").append(made("label", [box, " ", one.says || one.name]));
    }
    const pulled = () => [...document.querySelectorAll("input[name=lever]:checked")].map((box) => /** @type {HTMLInputElement} */ (box).value);
    let job = "";
    const start = (/** @type {number} */ futures) => tried(async () => {
      const chosen = pulled();
      history.replaceState(null, "", `?levers=${encodeURIComponent(chosen.join(","))}`);
      let state = await ask("/api/whatif", "POST", { levers: chosen, futures });
      job = state.id; at("cancel").disabled = false; at("progress").hidden = false;
      while (state.state === "waiting" || state.state === "running") {
        at("progress").value = state.total ? state.done / state.total : 0;
        say(state.state === "waiting" ? `Waiting: ${state.ahead} before this one.` : "Running …");
        await new Promise((done) => setTimeout(done, 250));
        state = await ask(`/api/jobs/${job}`);
      }
      at("cancel").disabled = true; at("progress").hidden = true;
      if (state.state === "cancelled") { say("Cancelled."); return; }
      if (state.state === "failed") throw new Error(`${state.error.place}: ${state.error.found}. ${state.error.remedy}`);
      at("found").replaceChildren(changes(state.result));
      say(`${state.result.futures.toLocaleString("en")} paired futures.`);
    });
    at("whatif").addEventListener("submit", (/** @type {Event} */ event) => { event.preventDefault(); start(256); });
    at("more").addEventListener("click", () => start(1000));
    at("cancel").addEventListener("click", () => tried(async () => { await ask(`/api/jobs/${job}`, "DELETE"); }));
    if (kept.size) start(256);
  },

  async record() {},
};

/** @param {any} one */
function sentence(one) {
  const claims = one.claims.map((/** @type {any} */ claim) => made("p", [made("strong", claim.verdict), `: ${claim.says} `, claim.probability === null || claim.probability === undefined ? "" : `(${Math.round(100 * claim.probability)} %) `, claim.rests_on ? `Rests on: ${claim.rests_on}.` : ""], "claim"));
  return made("div", [made("p", one.sentence), ...(claims.length ? claims : [made("p", "not covered", "none")])], claims.length ? "sentence covered" : "sentence");
}

/** @param {any} found @param {Set<number>} dropped @param {() => void} look */
function impossible(found, dropped, look) {
  const said = found.conflicts.map((/** @type {any} */ one) => made("p", [one.why, one.mend ? ` Simplest mend: ${one.mend}.` : ""], "caution"));
  const notes = found.notes.map((/** @type {string} */ one) => made("p", one, "meta"));
  const figures = found.figures.map((/** @type {any} */ one) => {
    const line = Number(String(one.figure).replace(/\D/g, ""));
    const button = made("button", "leave out");
    button.setAttribute("aria-label", `leave out ${one.said}`);
    button.addEventListener("click", () => { dropped.add(line); look(); });
    return [one.said, digits(one.others[0]), digits(one.others[1]), one.unit, button];
  });
  const back = made("button", "put all figures back");
  back.addEventListener("click", () => { dropped.clear(); look(); });
  const bounds = found.bounds.map((/** @type {any} */ one) => [one.term, digits(one.low), digits(one.high), one.unit]);
  const region = made("div", [table("What each quantity can be", ["quantity", "at least", "at most", "unit"], bounds), table("What the others say of each figure", ["figure", "at least", "at most", "unit", "change"], figures)], "scroll");
  region.tabIndex = 0;
  return [...said, ...notes, ...(dropped.size ? [back] : []), region];
}

/** @param {any} found */
function changes(found) {
  const moved = found.rows.filter((/** @type {any} */ one) => one.unchanged < 0.95);
  moved.sort((/** @type {any} */ a, /** @type {any} */ b) => Math.abs(b.change_percent.median || 0) - Math.abs(a.change_percent.median || 0));
  const rows = moved.slice(0, 24).map((/** @type {any} */ one) => [one.outcome, one.baseline.median, one.change.median, one.change.low ?? null, one.change.high ?? null, one.unchanged]);
  return table(`What changes in ${found.year}: ${found.levers.join(", ")}`, ["outcome", "baseline, median", "change, median", "low", "high", "share unchanged"], rows);
}

const view = document.body.dataset.view || "answer";
tried(/** @type {any} */ (VIEWS)[view]);
