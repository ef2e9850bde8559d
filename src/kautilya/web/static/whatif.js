// @ts-check
// What if: two states of levers and figures, each beside the scenario as it stands.
"use strict";

const SIZES = [256, 1000, 4000];
const SIDES = ["A", "B"];
const states = Object.fromEntries(SIDES.map((side) => [side, { levers: new Set(), sets: new Map(), turn: 0, job: "", result: /** @type {any} */ (null) }]));
/** @type {any[]} */
let outcomes = [];

/** The state of a side as it stands in the address. @param {string} side */
const written = (side) => [...[...states[side].levers], ...[...states[side].sets].map(([name, value]) => `${name}=${value}`)].join(",");

function remember() {
  const said = new URLSearchParams();
  for (const side of SIDES) if (written(side)) said.set(side, written(side));
  if (at("guessing").checked) said.set("guess", "1");
  history.replaceState(null, "", said.size ? `?${said}` : location.pathname);
}

/** Read the address. */
function restore() {
  const said = new URLSearchParams(location.search);
  at("guessing").checked = said.get("guess") === "1";
  for (const side of SIDES) {
    for (const part of (said.get(side) || "").split(",").filter(Boolean)) {
      const [name, value] = part.split("=");
      if (value === undefined) states[side].levers.add(name);
      else if (isFinite(Number(value))) states[side].sets.set(name, Number(value));
    }
  }
}

/** End what is under way for a side, at whatever step it is; what is shown stays.
 * @param {string} side @param {string} says */
function stop(side, says) {
  const state = states[side];
  state.turn++;
  if (state.job) ask(`/api/jobs/${state.job}`, "DELETE").catch(() => {});
  state.job = "";
  at(`cancel-${side}`).disabled = true;
  at(`at-${side}`).textContent = says;
}

/** Show what was given, from the first to the last number of futures. @param {string} side */
function changed(side) {
  remember();
  stop(side, "as it stands");
  const state = states[side], mine = state.turn;
  at(`found-${side}`).replaceChildren(); at(`says-${side}`).textContent = ""; at(`guess-${side}`).replaceChildren();
  at(`side-${side}`).dataset.futures = "";
  if (!state.levers.size && !state.sets.size) return;
  if (at("guessing").checked) guess(side, mine);
  else tried(() => run(side, mine, null));
}

/** @param {string} side @param {number} mine @param {any} guessed */
async function run(side, mine, guessed) {
  const state = states[side];
  at(`cancel-${side}`).disabled = false; // from the first number of futures to the last
  try {
    for (const futures of SIZES) {
      const asked = { levers: [...state.levers], sets: Object.fromEntries(state.sets), futures };
      const result = await job("/api/whatif", asked, (told) => {
        if (mine !== state.turn) { if (told.state !== "cancelled") ask(`/api/jobs/${told.id}`, "DELETE").catch(() => {}); return; }
        state.job = told.id;
        at(`at-${side}`).textContent = told.state === "done" ? "" : `${futures.toLocaleString("en")} futures: ${progress(told)}`;
      });
      if (mine !== state.turn || !result) return;
      if (futures === SIZES[0] && guessed) await keep(side, guessed, state.job);
      state.job = "";
      await show(side, result);
      if (mine !== state.turn) return;
    }
  } catch (error) {
    if (mine === state.turn) at(`at-${side}`).textContent = "not worked out";
    throw error;
  } finally {
    if (mine === state.turn) at(`cancel-${side}`).disabled = true;
  }
}

/** @param {string} side @param {any} result */
async function show(side, result) {
  states[side].result = result;
  at(`says-${side}`).textContent = result.says;
  const pictured = result.picture ? [picture(result.picture, `${side}-`, { changes: written(side), futures: result.futures })] : [];
  const rows = result.rows.map((/** @type {any} */ one) => [one.outcome, range(one.baseline), range(one.change), range(one.percent), percent(one.unchanged)]);
  const all = fold(`All ${rows.length} numbers of ${result.year} that move`, [table(`State ${side}, ${result.futures.toLocaleString("en")} futures`, ["outcome", "as it stands", "change", "change in %", "futures unchanged"], rows)]);
  at(`found-${side}`).replaceChildren(...pictured, all);
  await draw();
  at(`side-${side}`).dataset.futures = result.futures;
}

/** Ask for a range before anything is shown. @param {string} side @param {number} mine */
function guess(side, mine) {
  const pick = made("select", outcomes.map((one) => { const option = made("option", one.says); option.value = one.id; return option; }));
  const field = (/** @type {string} */ label) => { const input = made("input"); input.type = "number"; input.step = "any"; input.required = true; return [made("label", [label, " ", input]), input]; };
  const [low, lower] = field("from (%)"), [high, upper] = field("to (%)");
  const name = made("input"); name.maxLength = 40; name.autocomplete = "off";
  const form = made("form", [made("h3", "Your range first"), made("p", [made("label", ["Change of ", pick]), " "], "row"), made("p", [low, " ", high, " ", made("label", ["name (optional) ", name])], "row"), made("p", [made("button", "Show what is found"), " ", button("Show without a guess", () => { at(`guess-${side}`).replaceChildren(); tried(() => run(side, mine, null)); })])]);
  form.addEventListener("submit", (/** @type {Event} */ event) => {
    event.preventDefault();
    at(`guess-${side}`).replaceChildren();
    tried(() => run(side, mine, { outcome: pick.value, low: Number(lower.value), high: Number(upper.value), name: name.value }));
  });
  at(`guess-${side}`).replaceChildren(form);
}

/** Keep a guess with what was found. @param {string} side @param {any} guessed @param {string} id */
async function keep(side, guessed, id) {
  const kept = await ask("/api/guesses", "POST", { ...guessed, job: id });
  at(`guess-${side}`).replaceChildren(made("p", kept.says, "caution"));
  await guesses();
}

/** All guesses of this page, of the whole class. */
async function guesses() {
  const { rows } = await ask("/api/guesses");
  at("class").hidden = !rows.length;
  at("guesses").replaceChildren(table("Guessed and found", ["who", "state", "outcome", "guessed, %", "found, %", "holds the median"], rows.map((/** @type {any} */ one) => [one.name || "–", one.state, one.outcome, `${one.low} to ${one.high}`, range({ low: one.found_low, median: one.found, high: one.found_high }), one.holds ? "yes" : "no"])));
}

/** @param {string} side @param {any[]} levers */
function switches(side, levers) {
  for (const one of levers) {
    const input = made("input"); input.type = "checkbox"; input.name = `lever-${side}`; input.value = one.name; input.checked = states[side].levers.has(one.name);
    input.addEventListener("change", () => { states[side].levers[input.checked ? "add" : "delete"](one.name); changed(side); });
    at(`levers-${side}`).append(made("label", [input, " ", one.says || one.name]));
  }
}

/** @param {string} side @param {any[]} rows */
function slides(side, rows) {
  const state = states[side];
  let waits = 0;
  at(`sliders-${side}`).replaceChildren(...rows.map((one) => {
    const input = made("input"), output = made("output"), label = made("label", one.says);
    input.type = "range"; input.min = "0"; input.max = "100"; input.step = "1"; input.name = `figure-${side}`; input.id = `${side}-${one.id}`;
    label.htmlFor = input.id; output.htmlFor = input.id;
    const unit = one.unit === "1" ? "" : ` ${one.unit}`;
    const tell = () => {
      const value = state.sets.get(one.id);
      input.value = String(Math.round((100 * ((value ?? one.central) - one.low)) / (one.high - one.low || 1)));
      output.textContent = value === undefined ? `free, ${digits(one.low)} to ${digits(one.high)}${unit}` : `${digits(value)}${unit}`;
      input.setAttribute("aria-valuetext", output.textContent);
      free.disabled = value === undefined;
    };
    const free = button("free", () => { state.sets.delete(one.id); tell(); changed(side); }, `let ${one.says} free`);
    input.addEventListener("input", () => {
      state.sets.set(one.id, Number((one.low + (Number(input.value) / 100) * (one.high - one.low)).toPrecision(6)));
      tell();
      clearTimeout(waits);
      waits = setTimeout(() => changed(side), 120);
    });
    tell();
    return made("div", [label, input, output, free], "slider");
  }));
}

/** Workers and the scenario as it stands, before anything is asked; a side that was touched says itself what it is at. */
async function ready() {
  const tell = (/** @type {string} */ says) => { for (const side of SIDES) if (!states[side].turn) at(`at-${side}`).textContent = says; };
  if (await job("/api/ready", undefined, (state) => tell(`getting ready: ${progress(state)}`))) tell("as it stands");
}

tried(async () => {
  restore();
  if (matchMedia("(max-width: 700px)").matches) for (const side of SIDES) at(`figures-${side}`).open = false;
  const [{ levers }, named] = await Promise.all([ask("/api/levers"), ask("/api/outcomes")]);
  outcomes = named.outcomes;
  for (const side of SIDES) {
    switches(side, levers);
    at(`cancel-${side}`).addEventListener("click", () => stop(side, "cancelled"));
    at(`clear-${side}`).addEventListener("click", () => {
      states[side].levers.clear(); states[side].sets.clear();
      for (const box of document.querySelectorAll(`input[name=lever-${side}]`)) /** @type {any} */ (box).checked = false;
      if (sliders.length) slides(side, sliders);
      changed(side);
    });
    at(`form-${side}`).addEventListener("submit", (/** @type {Event} */ event) => event.preventDefault());
  }
  at("guessing").addEventListener("change", remember);
  at("save-csv").addEventListener("click", () => tried(async () => {
    const { rows } = await ask("/api/guesses"), head = Object.keys(rows[0]);
    charts.save("guesses.csv", new Blob([charts.lines(head, rows.map((/** @type {any} */ row) => head.map((key) => row[key])), await about())], { type: "text/csv;charset=utf-8" }));
  }));
  at("save-json").addEventListener("click", () => tried(async () => saveText("guesses.json", "application/json", JSON.stringify({ about: await about(), ...(await ask("/api/guesses")) }, null, 1))));
  await guesses();
  const asked = SIDES.filter((side) => written(side));
  for (const side of asked) changed(side);
  if (!asked.length) tried(ready);
  const found = await job("/api/sliders");
  if (found) { sliders = found.rows; for (const side of SIDES) slides(side, sliders); }
  document.body.dataset.ready = "yes";
});
/** @type {any[]} */
let sliders = [];
