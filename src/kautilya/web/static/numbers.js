// @ts-check
// Impossible numbers: a pasted table, or an account of the scenario; figures can be left out.
"use strict";

const dropped = new Set();
let account = ""; // of the scenario; "" for the pasted table
let turn = 0;
const FEW = 3; // clashes that stand open

/** The state as text, in the address after the hash: it never leaves this machine. */
async function remember() {
  const said = JSON.stringify(account ? { account, dropped: [...dropped] } : { text: at("text").value, dropped: [...dropped] });
  const packed = new Response(new Blob([said]).stream().pipeThrough(new CompressionStream("deflate-raw")));
  const bytes = new Uint8Array(await packed.arrayBuffer());
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  history.replaceState(null, "", "#" + btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", ""));
  at("link").hidden = false;
}

/** What an address holds; null where it holds nothing. */
async function remembered() {
  if (location.hash.length < 2) return null;
  const text = atob(location.hash.slice(1).replaceAll("-", "+").replaceAll("_", "/"));
  const bytes = Uint8Array.from(text, (one) => one.charCodeAt(0));
  return JSON.parse(await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"))).text());
}

const look = () => tried(async () => {
  const mine = ++turn;
  say("Looking …");
  const show = (/** @type {any} */ found) => at("found").replaceChildren(...impossible(found));
  let found = null;
  if (account) { // bounds come sooner than the list of what clashes
    const asked = { account, dropped: [...dropped] };
    const bounds = await ask("/api/accounts", "POST", { ...asked, clashes: false });
    if (mine !== turn) return;
    show(bounds);
    found = await ask("/api/accounts", "POST", asked);
  } else found = await ask("/api/numbers", "POST", { text: at("text").value, dropped: [...dropped] });
  if (mine !== turn) return;
  await remember();
  show(found);
  say(found.conflicts.length ? "These figures cannot all be true." : "These figures can all be true.");
});

/** @param {any} found */
function impossible(found) {
  const clashes = found.conflicts.map((/** @type {any} */ one) => made("p", [one.why, one.mend ? ` Simplest mend: ${one.mend}.` : ""], "caution"));
  const said = clashes.length > FEW ? [...clashes.slice(0, FEW), fold(`${clashes.length - FEW} more`, clashes.slice(FEW))] : clashes;
  const notes = found.notes.map((/** @type {string} */ one) => made("p", one, "meta"));
  const figures = found.figures.map((/** @type {any} */ one) => {
    const name = account ? one.figure : Number(String(one.figure).replace(/\D/g, ""));
    return [one.said, digits(one.others[0]), digits(one.others[1]), one.unit, button("leave out", () => { dropped.add(name); look(); }, `leave out ${one.said}`)];
  });
  const bounds = found.bounds.map((/** @type {any} */ one) => [one.term, digits(one.low), digits(one.high), one.unit]);
  const back = dropped.size ? [made("p", [`${dropped.size} left out. `, button("put all figures back", () => { dropped.clear(); look(); })])] : [];
  return [...said, ...notes, ...back, table("What each quantity can be", ["quantity", "at least", "at most", "unit"], bounds), table("What the others say of each figure", ["figure", "at least", "at most", "unit", "change"], figures)];
}

at("file").addEventListener("change", async () => { const file = at("file").files[0]; if (file) at("text").value = await file.text(); });
at("numbers").addEventListener("submit", (/** @type {Event} */ event) => { event.preventDefault(); account = ""; dropped.clear(); look(); });
at("account").addEventListener("change", () => { account = at("account").value; dropped.clear(); if (account) look(); });
at("copy").addEventListener("click", () => tried(async () => { await navigator.clipboard.writeText(location.href); say("The link is copied."); }));

tried(async () => {
  const { accounts } = await ask("/api/accounts");
  for (const one of accounts) { const option = made("option", one.says); option.value = one.id; at("account").append(option); }
  at("own").hidden = !accounts.length;
  const kept = await remembered();
  if (!kept) return;
  account = kept.account || "";
  if (account) at("account").value = account; else at("text").value = kept.text;
  for (const one of kept.dropped) dropped.add(one);
  await look();
});
