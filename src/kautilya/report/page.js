
for (const place of document.querySelectorAll(".chart")) {
  const spec = JSON.parse(document.getElementById(place.dataset.spec).textContent);
  const draw = () => vegaEmbed(place, spec, { renderer: "svg", ast: true, actions: false })
    .then(() => { place.dataset.drawn = "yes"; })
    .catch((error) => { place.textContent = "This chart could not be drawn: " + error; place.dataset.drawn = "no"; });
  const folded = place.closest("details");
  if (folded && !folded.open) folded.addEventListener("toggle", draw, { once: true }); else draw();
}
for (const head of document.querySelectorAll("th[data-sort]")) {
  head.tabIndex = 0;
  const sort = () => {
    const table = head.closest("table"), body = table.tBodies[0], column = head.cellIndex;
    const up = head.dataset.sort !== "up";
    for (const other of table.querySelectorAll("th[aria-sort]")) other.removeAttribute("aria-sort");
    head.dataset.sort = up ? "up" : "down";
    head.setAttribute("aria-sort", up ? "ascending" : "descending");
    const key = (row) => row.cells[column].dataset.value ?? row.cells[column].textContent.trim();
    const order = (a, b) => (a === "" || b === "" || isNaN(a) || isNaN(b)) ? a.localeCompare(b, "en") : a - b;
    const rows = [...body.rows].sort((a, b) => order(key(a), key(b)));
    body.append(...(up ? rows : rows.reverse()));
  };
  head.addEventListener("click", sort);
  head.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === " ") { event.preventDefault(); sort(); }
  });
}
addEventListener("beforeprint", () => {
  for (const folded of document.querySelectorAll("details:not([open])")) folded.open = true;
});
