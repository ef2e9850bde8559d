// @ts-check
// Assumptions: the dozen that decide, then every figure with range, source and grade.
"use strict";

const FIRST = 100; // rows that are shown at once
let turn = 0;
const look = () => tried(async () => {
  const mine = ++turn;
  const asked = new URLSearchParams({ search: at("search").value, sort: at("sort").value });
  history.replaceState(null, "", `?${asked}`);
  const found = await ask(`/api/assumptions?${asked}`);
  if (mine !== turn) return;
  const rows = found.rows.map((/** @type {any} */ row) => [row.says, row.low ?? "", row.central ?? "", row.high ?? "", row.unit, row.source, row.grade, row.note, row.id]);
  const head = ["figure", "low", "central", "high", "unit", "source", "grade", "note", "id"];
  const show = (/** @type {number} */ most) => at("found").replaceChildren(
    table(`${rows.length.toLocaleString("en")} figures${rows.length > most ? `, the first ${most}` : ""}`, head, rows.slice(0, most)),
    ...(rows.length > most ? [button(`Show all ${rows.length.toLocaleString("en")}`, () => show(rows.length))] : []));
  show(FIRST);
});

tried(async () => {
  const kept = new URLSearchParams(location.search);
  at("search").value = kept.get("search") || "";
  if (kept.get("sort")) at("sort").value = kept.get("sort");
  at("search").addEventListener("input", look);
  at("sort").addEventListener("change", look);
  at("assumptions").addEventListener("submit", (/** @type {Event} */ event) => event.preventDefault());
  const { rows } = await ask("/api/decisive");
  at("dozen").hidden = !rows.length;
  const head = ["figure", "claims it moves", "largest share of variance", "low", "central", "high", "unit", "grade", "source"];
  at("decisive").replaceChildren(table("First the one that decides most", head, rows.map((/** @type {any} */ row) => [row.says, row.claims, percent(row.share), row.low ?? "", row.central ?? "", row.high ?? "", row.unit ?? "", row.grade ?? "", row.source ?? ""])));
  await look();
  document.body.dataset.ready = "yes";
});
