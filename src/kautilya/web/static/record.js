// @ts-check
// Record: tables of the record, closed until a guess was given or they are opened.
"use strict";

tried(async () => {
  const found = await ask("/api/record");
  at("guess").hidden = !found.questions.length;
  at("question").replaceChildren(...found.questions.map((/** @type {any} */ one) => { const option = made("option", one.says); option.value = one.id; return option; }));
  at("tables").replaceChildren(...found.tables.map((/** @type {any} */ one) => made("section", [
    made("h2", one.title), made("p", one.says),
    fold(`${one.rows.length} rows`, [table(one.title, one.columns, one.rows)]),
  ])));
  document.body.dataset.ready = "yes";
});
at("foretell").addEventListener("submit", (/** @type {Event} */ event) => {
  event.preventDefault();
  tried(async () => {
    const found = await ask("/api/record", "POST", { question: at("question").value, low: Number(at("low").value), high: Number(at("high").value) });
    at("scored").textContent = found.says;
  });
});
