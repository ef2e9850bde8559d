
const about = JSON.parse(document.getElementById("about")?.textContent ?? "{}");
const places = [...document.querySelectorAll(".chart")];
for (const place of places) place.spec = () => JSON.parse(document.getElementById(place.dataset.spec).textContent);

// those on the screen first; the others one by one, so that nothing waits for them
let turn = 0;
async function drawAll() {
  const mine = ++turn;
  const open = (place) => !place.closest("details:not([open])");
  for (const place of [...places.filter(open), ...places.filter((one) => !open(one))]) {
    if (mine !== turn) return;
    if (place.room === charts.roomFor(place)) continue;
    await charts.draw(place);
    await new Promise((go) => setTimeout(go));
  }
  if (mine === turn) document.documentElement.dataset.drawn = "all";
}
drawAll();
let waits = 0;
addEventListener("resize", () => { clearTimeout(waits); waits = setTimeout(drawAll, 150); });
for (const folded of document.querySelectorAll("details")) folded.addEventListener("toggle", () => { if (folded.open) drawAll(); });

for (const button of document.querySelectorAll("button[data-save]"))
  button.addEventListener("click", () => charts.saved(document.getElementById(button.dataset.of), button.dataset.save, about));

for (const head of document.querySelectorAll("th[data-sort]")) {
  const button = head.querySelector("button");
  button.addEventListener("click", () => {
    const body = head.closest("table").tBodies[0], column = head.cellIndex;
    const up = head.dataset.sort !== "up";
    for (const other of head.closest("table").querySelectorAll("th[aria-sort]")) other.removeAttribute("aria-sort");
    head.dataset.sort = up ? "up" : "down";
    head.setAttribute("aria-sort", up ? "ascending" : "descending");
    const key = (row) => row.cells[column].dataset.value ?? row.cells[column].textContent.trim();
    const order = (a, b) => (a === "" || b === "" || isNaN(a) || isNaN(b)) ? a.localeCompare(b, "en") : a - b;
    const rows = [...body.rows].sort((a, b) => order(key(a), key(b)));
    body.append(...(up ? rows : rows.reverse()));
  });
}

// on paper every part is open but the long tables, which are kept for the screen; then as it was
const opened = [];
addEventListener("beforeprint", () => {
  for (const folded of document.querySelectorAll("details:not([open])"))
    if (!folded.classList.contains("long")) { folded.open = true; opened.push(folded); }
});
addEventListener("afterprint", () => { while (opened.length) opened.pop().open = false; });
