// @ts-check
// Articles: a text sentence by sentence beside the claims, and a claim of one's own.
"use strict";

/** The error of a share; of one that is none or all, the count that it was seen in. @param {any} found */
function error(found) {
  if (!found.error) return "";
  if (found.probability > 0 && found.probability < 1) return ` ± ${Math.max(1, Math.round(100 * found.error))}`;
  const of = found.futures ?? 0;
  return of ? ` (${(found.probability * of).toLocaleString("en")} of ${of.toLocaleString("en")})` : "";
}

/** @param {any} one */
function sentence(one) {
  const claims = one.claims.map((/** @type {any} */ claim) => made("p", [made("strong", claim.verdict), `: ${claim.says} `, claim.probability === null || claim.probability === undefined ? "" : `(${percent(claim.probability)}) `, claim.rests_on ? `Rests on: ${claim.rests_on}.` : ""], "claim"));
  return made("div", [made("p", one.sentence), ...(claims.length ? claims : [made("p", "not covered", "none")])], claims.length ? "sentence covered" : "sentence");
}

const read = () => tried(async () => {
  say("Reading …");
  const found = await ask("/api/articles", "POST", { text: at("text").value });
  at("found").replaceChildren(...found.sentences.map(sentence));
  say(`${found.covered} of ${found.sentences.length} sentences say a claim of this scenario.`);
});
at("articles").addEventListener("submit", (/** @type {Event} */ event) => { event.preventDefault(); read(); });

tried(async () => {
  const { examples } = await ask("/api/examples");
  at("examples").hidden = !examples.length;
  for (const one of examples) at("examples").append(button(one.says, () => { at("text").value = one.text; read(); }), " ");
});

/** The word before the caret. @param {any} input */
function word(input) {
  const before = input.value.slice(0, input.selectionStart);
  return /[\w-]*$/.exec(before)?.[0] ?? "";
}

tried(async () => {
  const { forms, words } = await ask("/api/words");
  const input = at("test"), list = at("options");
  const all = [...forms.map((/** @type {any} */ one) => ({ word: one.word, says: one.form, insert: one.example })), ...words.map((/** @type {any} */ one) => ({ ...one, insert: one.word }))];
  let chosen = -1;
  /** @type {any[]} */
  let shown = [];
  const close = () => { list.hidden = true; chosen = -1; input.setAttribute("aria-expanded", "false"); input.removeAttribute("aria-activedescendant"); };
  const mark = () => {
    for (const [k, option] of [...list.children].entries()) option.setAttribute("aria-selected", String(k === chosen));
    if (chosen >= 0) { input.setAttribute("aria-activedescendant", list.children[chosen].id); list.children[chosen].scrollIntoView({ block: "nearest" }); }
  };
  const take = (/** @type {any} */ one) => {
    const start = input.selectionStart - word(input).length, end = input.selectionStart;
    const whole = !input.value.slice(0, start).trim();
    const text = whole ? one.insert : one.word;
    input.setRangeText(text, start, end, "end");
    close(); input.focus();
  };
  const offer = () => {
    const part = word(input).toLowerCase();
    shown = part ? all.filter((one) => one.word.toLowerCase().startsWith(part) && one.word !== part).concat(all.filter((one) => !one.word.toLowerCase().startsWith(part) && one.says.toLowerCase().includes(part))).slice(0, 8) : [];
    if (!shown.length) { close(); return; }
    list.replaceChildren(...shown.map((one, k) => {
      const option = made("li", [made("strong", one.word), ` ${one.says}`]);
      option.id = `option-${k}`; option.setAttribute("role", "option");
      option.addEventListener("mousedown", (/** @type {Event} */ event) => { event.preventDefault(); take(one); });
      return option;
    }));
    list.hidden = false; chosen = -1; input.setAttribute("aria-expanded", "true"); mark();
  };
  input.addEventListener("input", offer);
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (/** @type {any} */ event) => {
    if (list.hidden) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") { event.preventDefault(); chosen = (chosen + (event.key === "ArrowDown" ? 1 : -1) + shown.length) % shown.length; mark(); }
    else if ((event.key === "Enter" || event.key === "Tab") && chosen >= 0) { event.preventDefault(); take(shown[chosen]); }
    else if (event.key === "Escape") close();
  });
  at("forms").replaceChildren(table("What may be said", ["form", "what it tells", "example"], forms.map((/** @type {any} */ one) => [one.form, one.says, one.example])));
  document.body.dataset.ready = "yes";
});

at("own").addEventListener("submit", (/** @type {Event} */ event) => {
  event.preventDefault();
  tried(async () => {
    at("judged").replaceChildren();
    say("Judging …");
    const found = await job("/api/claims", { test: at("test").value, says: at("says").value }, (state) => say(progress(state)));
    say("");
    if (!found) return;
    const chance = found.probability === null ? "" : ` (${percent(found.probability)}${error(found)}, ${found.likelihood})`;
    const parts = [made("p", [made("strong", found.verdict), `: ${found.says}${chance}`], "said"), made("p", found.because)];
    if (found.decides.length) parts.push(made("p", `Decides: ${found.decides.join("; ")}.`));
    parts.push(made("p", `${found.kind === "record" ? "A matter of record" : `${(found.futures ?? 0).toLocaleString("en")} futures of this run`}; confidence ${found.confidence || "not told"}. What it rests on is not tried here: kautilya claims tells it of the scenario's own.`, "meta"));
    at("judged").replaceChildren(...parts);
  });
});
