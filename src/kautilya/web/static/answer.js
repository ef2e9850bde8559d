// @ts-check
// Answer: the sentences first, then the picture, why them, and the arsenals, as they come.
"use strict";

tried(async () => {
  const found = await ask("/api/answer");
  const short = (found.parts || []).flatMap((/** @type {any} */ one) => [made("p", one.says), made("p", one.trust, "meta")]);
  const long = found.sentences.map((/** @type {string} */ one) => made("p", one));
  at("answer").replaceChildren(...(short.length ? short : long));
  if (short.length && long.length) at("answer").append(fold("The answer at length", long));
  if (found.caution) { at("caution").textContent = found.caution; at("caution").hidden = false; }
  at("origin").textContent = found.origin || "";
  at("differs").replaceChildren(...(found.differs.length ? found.differs.map((/** @type {string} */ one) => made("li", one)) : [made("li", found.run ? "nothing: the scenario as it ships" : "no run is open")]));
  for (const one of found.tables || []) at("tables").append(fold(one.title, [table(one.title, one.columns.map((/** @type {any} */ column) => column.title ?? column), one.rows)]));
  document.body.dataset.answered = "yes";
  if (found.run) await pictures();
  else {
    at("run").hidden = false;
    at("start").addEventListener("click", () => tried(async () => {
      at("start").disabled = true;
      const made = await job("/api/run", { futures: 256 }, (state) => say(progress(state)));
      if (made) location.reload();
    }));
  }
});

/** The run's pictures, question by question. */
async function pictures() {
  const first = await ask("/api/pictures/first");
  at("first").replaceChildren(...first.pictures.map((/** @type {any} */ one) => picture(one, "first-", {}, "h2")));
  await draw();
  await why();
  for (const [group, title] of [["end", "Does the war end?"], ["short", "Who runs short of what?"], ["war", "What does the fighting use up?"], ["industry", "Of what is the fleet?"]]) {
    const one = await ask(`/api/pictures/${group}`);
    if (!one.pictures.length) continue;
    at("arsenals").hidden = false;
    at("stocks").append(made("h3", title, "group"), made("div", one.pictures.map((/** @type {any} */ each) => picture(each, "", {}, "h4")), "gallery"));
    await draw();
  }
  await storylines();
  await flows();
  document.body.dataset.drawn = "yes";
}

/** The futures in a few groups, each with its story; the first stands open. */
async function storylines() {
  const found = await ask("/api/storylines");
  if (!found.lines.length) return;
  at("storylines").hidden = false;
  const told = found.lines.map((/** @type {any} */ one) => fold(one.title, [made("p", one.says), made("ul", one.traits.map((/** @type {string} */ said) => made("li", said)))]));
  told[0].open = true;
  at("stories").replaceChildren(picture(found.picture), ...told, made("p", found.note, "meta"));
  await draw();
}

/** A map of a class and a year, and the same as a table. */
async function flows() {
  const asked = await ask("/api/flows");
  if (!asked.goods.length) return;
  at("flows").hidden = false;
  fill("flow-good", asked.goods);
  at("flow-year").max = String(asked.years.length - 1);
  at("flow-year").value = String(Math.max(0, asked.years.indexOf(asked.year)));
  let turn = 0;
  const look = () => tried(async () => {
    const mine = ++turn, year = asked.years[Number(at("flow-year").value)];
    at("flow-at").textContent = year; at("flow-year").setAttribute("aria-valuetext", year);
    const found = await ask(`/api/flows/${at("flow-good").value}/${year}`);
    if (mine !== turn) return;
    at("flow-map").replaceChildren(picture(found.picture));
    const rows = fold("The same as a table", [table(found.picture.title, ["from", "to", "low", "median", "high"], found.rows)]);
    rows.open = at("flow-rows").querySelector("details")?.open ?? false;
    at("flow-rows").replaceChildren(rows);
    await draw();
  });
  at("flow-good").addEventListener("change", look);
  at("flow-year").addEventListener("input", look);
  at("flowing").addEventListener("submit", (/** @type {Event} */ event) => event.preventDefault());
  await look();
}

/** Options of a list. @param {string} id @param {any[]} rows */
const fill = (id, rows) => at(id).replaceChildren(...rows.map((one) => { const option = made("option", one.says ?? one); option.value = one.id ?? one; return option; }));

/** Candidates by expected volume; terms and rival answers as switches. */
async function why() {
  const asked = await ask("/api/why");
  if (!asked.goods.length) return;
  at("why").hidden = false;
  fill("good", asked.goods); fill("year", asked.years);
  if (asked.needs) {
    at("needs").hidden = false;
    at("needs").replaceChildren(asked.needs, " ", button("Work them out", () => tried(async () => {
      if (await job("/api/terms", undefined, (state) => say(progress(state)))) { at("needs").hidden = true; say(""); await why(); }
    })));
    return;
  }
  const box = (/** @type {any} */ one, /** @type {string} */ name) => {
    const input = made("input"); input.type = "checkbox"; input.name = name; input.value = one.id;
    return made("label", [input, " ", one.says]);
  };
  at("terms").replaceChildren(made("legend", "Switch terms off (held at the mean of the candidates)"), ...asked.terms.map((/** @type {any} */ one) => box(one, "term")));
  fill("rival", [{ id: "", says: "the declared answer" }, ...asked.rivals]);
  const dropped = () => {
    const rival = asked.rivals.find((/** @type {any} */ one) => one.id === at("rival").value);
    const known = new Set(asked.terms.map((/** @type {any} */ one) => one.id));
    const terms = [...document.querySelectorAll("input[name=term]:checked")].map((one) => /** @type {any} */ (one).value);
    return [...new Set([...terms, ...(rival ? rival.terms.filter((/** @type {string} */ term) => known.has(term)) : [])])];
  };
  const look = () => tried(async () => {
    const found = await ask("/api/why", "POST", { good: at("good").value, year: at("year").value, dropped: dropped() });
    const moved = (/** @type {any} */ one) => one.rank === one.before ? "" : one.rank < one.before ? `up from ${one.before}` : `down from ${one.before}`;
    const rows = found.rows.map((/** @type {any} */ one) => [one.rank, one.supplier, roughly(one.quantity), percent(one.probability), percent(one.leads), moved(one)]);
    at("order").textContent = found.says;
    at("candidates").replaceChildren(table(`Candidates by expected volume, ${found.futures.toLocaleString("en")} futures`, ["place", "state", "expected volume", "chance that it supplies", "leads in", "place changed"], rows));
    at("bars").replaceChildren(...(found.picture ? [picture(found.picture)] : []));
    await draw();
  });
  for (const id of ["good", "year", "rival"]) at(id).addEventListener("change", look);
  at("terms").addEventListener("change", look);
  at("whys").addEventListener("submit", (/** @type {Event} */ event) => event.preventDefault());
  await look();
}
at("report").addEventListener("click", () => tried(async () => {
  say("Writing the report …");
  const answer = await fetch("/api/report");
  if (!answer.ok) throw new Error((await answer.json()).error.found);
  saveText(`${document.body.dataset.scenario}-report.html`, "text/html", await answer.text());
  say("The report is saved.");
}));
