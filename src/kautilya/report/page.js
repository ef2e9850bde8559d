
const about = JSON.parse(document.getElementById("about")?.textContent ?? "{}");
const words = { q05: "p5", q25: "p25", q50: "median", q75: "p75", q95: "p95" };
const places = [...document.querySelectorAll(".chart")];

// a specification with its tables as rows again
function given(place) {
  const spec = JSON.parse(document.getElementById(place.dataset.spec).textContent);
  for (const [name, { columns, rows }] of Object.entries(spec.datasets ?? {}))
    spec.datasets[name] = rows.map((row) => {
      const out = {};
      row.forEach((value, i) => { if (value !== null) out[columns[i]] = value; });
      return out;
    });
  return spec;
}

// as many panels in a row as there is room for, each as wide as it can be
function fitted(spec, room) {
  const panel = spec.usermeta?.panel;
  if (!panel) return spec;
  const fit = Math.floor((room + 20) / (panel.least + (panel.labels ? 0 : 20)));
  const columns = Math.max(1, Math.min(panel.columns, fit));
  const each = room / columns;
  const names = Math.min(panel.labels, Math.floor(each * 0.42));
  const width = Math.max(110, Math.floor(each - (panel.pad - panel.labels) - names));
  if (panel.labels) Object.assign(spec.config, { axisYDiscrete: { labelLimit: names, minExtent: names, maxExtent: names } });
  if (spec.facet) { spec.columns = columns; spec.spec.width = width; } else spec.width = width;
  Object.assign(spec.config.header, { labelLimit: width + 40, labelFontSize: width < 240 ? 12 : 13 });
  if (spec.config?.legend) Object.assign(spec.config.legend, { columns: Math.max(1, Math.floor(room / 200)), labelLimit: Math.min(320, room - 40) });
  return spec;
}

// a chart in a closed part has no width yet: that of the text around it will be its own
function roomFor(place) {
  return Math.floor(place.clientWidth || (place.closest("section, header") ?? document.body).clientWidth - 20);
}

async function draw(place) {
  const room = roomFor(place);
  if (place.room === room) return;
  place.room = room;
  try {
    const made = await vegaEmbed(place, fitted(given(place), room), { renderer: "svg", ast: true, actions: false, logLevel: 1 });
    place.view?.finalize();
    place.view = made.view;
    place.querySelector("svg").setAttribute("aria-hidden", "true"); // the sentence says it
    place.dataset.drawn = "yes";
  } catch (error) {
    place.textContent = "This chart could not be drawn: " + error;
    place.dataset.drawn = "no";
  }
}

// those on the screen first; the others one by one, so that nothing waits for them
let turn = 0;
async function drawAll() {
  const mine = ++turn;
  const open = (place) => !place.closest("details:not([open])");
  for (const place of [...places.filter(open), ...places.filter((one) => !open(one))]) {
    if (mine !== turn) return;
    if (place.room === roomFor(place)) continue;
    await draw(place);
    await new Promise((go) => setTimeout(go));
  }
  if (mine === turn) document.documentElement.dataset.drawn = "all";
}
drawAll();
let waits = 0;
addEventListener("resize", () => { clearTimeout(waits); waits = setTimeout(drawAll, 150); });
for (const folded of document.querySelectorAll("details")) folded.addEventListener("toggle", () => { if (folded.open) drawAll(); });

// saving: the picture, and the numbers behind it; both say what they are
function save(name, type, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 5000);
}
function escaped(text) {
  return String(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
// a text that begins as a formula does is led by an apostrophe, as OWASP advises
function cell(value) {
  let text = value === undefined || value === null ? "" : String(value);
  if (typeof value === "string" && /^\s*[=+@-]/.test(text) && isNaN(text)) text = "'" + text;
  return /[",\r\n]/.test(text) ? '"' + text.replaceAll('"', '""') + '"' : text;
}
function table(spec) {
  const rows = Object.values(spec.datasets ?? {}).flat();
  const names = [...new Set(rows.flatMap(Object.keys))].filter((name) => !name.startsWith("_") && name !== "date");
  const same = Object.entries(about);
  const head = [...names.map((name) => words[name] ?? name), ...same.map(([name]) => name)];
  const lines = rows.map((row) => [...names.map((name) => row[name]), ...same.map(([, value]) => value)]);
  return [head, ...lines].map((line) => line.map(cell).join(",")).join("\r\n") + "\r\n";
}
async function picture(place, spec) {
  await draw(place);
  const svg = await place.view.toSVG();
  const said = Object.entries(about).map(([name, value]) => `${name}: ${value}`).join("; ");
  const title = document.getElementById(place.getAttribute("aria-labelledby")).textContent;
  return svg.replace(/<svg[^>]*>/, (tag) => `${tag}<title>${escaped(title)}</title><desc>${escaped(spec.description)}</desc>` +
    `<metadata>${escaped(said)}</metadata><rect width="100%" height="100%" fill="white"/>`);
}
for (const button of document.querySelectorAll("button[data-save]"))
  button.addEventListener("click", async () => {
    const place = document.getElementById(button.dataset.of), spec = given(place);
    const name = [about.scenario, button.dataset.of.replace(/^chart-/, "")].filter(Boolean).join("-");
    if (button.dataset.save === "csv") save(name + ".csv", "text/csv;charset=utf-8", table(spec));
    else save(name + ".svg", "image/svg+xml", await picture(place, spec));
  });

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
