// Charts, in a report and on the page: drawn where there is room; saved as picture and as numbers.
// A place is an element with `spec`, a function that gives a specification anew, and an id; `about`
// is what goes along with everything that is saved.
const charts = (() => {
  const words = { q05: "p5", q25: "p25", q50: "median", q75: "p75", q95: "p95" };

  // a specification with its tables as rows again
  function given(spec) {
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
    if (spec.facet) { spec.columns = columns; spec.spec.width = width; }
    else for (const one of spec.vconcat ?? [spec]) one.width = width;
    Object.assign(spec.config.title, { limit: width + 40 });
    Object.assign(spec.config.header, { labelLimit: width + 40, labelFontSize: width < 240 ? 12 : 13 });
    if (spec.config?.legend) Object.assign(spec.config.legend, { columns: Math.max(1, Math.floor(room / 200)), labelLimit: Math.min(320, room - 40) });
    return spec;
  }

  // a chart in a closed part has no width yet: that of the text around it will be its own
  function roomFor(place) {
    return Math.floor(place.clientWidth || (place.closest("section, header") ?? document.body).clientWidth - 20);
  }

  // each panel has a scale of its own, over all that is drawn in it: as meant, so not told of
  const warn = console.warn;
  console.warn = (...said) => { if (!said.join(" ").includes("faceted independent scales")) warn.apply(console, said); };

  async function draw(place) {
    const room = roomFor(place);
    if (place.room === room) return;
    place.room = room;
    try {
      // no style of its own: a strict policy forbids it, and style.css has it
      const made = await vegaEmbed(place, fitted(given(place.spec()), room), {
        renderer: "svg", ast: true, actions: false, logLevel: 1, defaultStyle: false, tooltip: { disableDefaultStyle: true } });
      place.view?.finalize();
      place.view = made.view;
      place.querySelector("svg").setAttribute("aria-hidden", "true"); // the sentence says it
      place.dataset.drawn = "yes";
    } catch (error) {
      place.textContent = "This chart could not be drawn: " + error;
      place.dataset.drawn = "no";
    }
  }

  // saving: the picture, and the numbers behind it; each says what it is
  function save(name, blob) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
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
  function lines(head, rows, about) {
    const same = Object.entries(about);
    const all = [[...head, ...same.map(([name]) => name)], ...rows.map((row) => [...row, ...same.map(([, value]) => value)])];
    return all.map((line) => line.map(cell).join(",")).join("\r\n") + "\r\n";
  }
  function table(spec, about) {
    const rows = Object.values(spec.datasets ?? {}).flat();
    const names = [...new Set(rows.flatMap(Object.keys))].filter((name) => !name.startsWith("_") && name !== "date");
    return lines(names.map((name) => words[name] ?? name), rows.map((row) => names.map((name) => row[name])), about);
  }
  const said = (about) => Object.entries(about).map(([name, value]) => `${name}: ${value}`).join("; ");
  async function picture(place, about) {
    await draw(place);
    const svg = await place.view.toSVG();
    const title = document.getElementById(place.getAttribute("aria-labelledby")).textContent;
    return svg.replace(/<svg[^>]*>/, (tag) => `${tag}<title>${escaped(title)}</title><desc>${escaped(place.spec().description)}</desc>` +
      `<metadata>${escaped(said(about))}</metadata><rect width="100%" height="100%" fill="white"/>`);
  }

  // a PNG is a row of blocks: length, name, data, check; one of text goes in after the first
  function check(data) {
    let sum = ~0;
    for (const byte of data) { sum ^= byte; for (let k = 0; k < 8; k++) sum = (sum >>> 1) ^ (0xedb88320 & -(sum & 1)); }
    return ~sum >>> 0;
  }
  function labelled(png, text) {
    const body = new TextEncoder().encode("iTXtDescription\0\0\0\0\0" + text);
    const block = new Uint8Array(body.length + 8), size = new DataView(block.buffer);
    block.set(body, 4);
    size.setUint32(0, body.length - 4);
    size.setUint32(body.length + 4, check(body));
    const after = 33; // the mark of a PNG and its first block
    return new Blob([png.slice(0, after), block, png.slice(after)], { type: "image/png" });
  }
  async function pixels(place, about) {
    await draw(place);
    place.view.background("white");
    const canvas = await place.view.toCanvas(2);
    const blob = await new Promise((done) => canvas.toBlob(done, "image/png"));
    return labelled(await blob.arrayBuffer(), said(about));
  }

  async function saved(place, kind, about) {
    const name = [about.scenario, place.id.replace(/^chart-/, "")].filter(Boolean).join("-");
    if (kind === "csv") save(name + ".csv", new Blob([table(given(place.spec()), about)], { type: "text/csv;charset=utf-8" }));
    else if (kind === "png") save(name + ".png", await pixels(place, about));
    else save(name + ".svg", new Blob([await picture(place, about)], { type: "image/svg+xml" }));
  }

  return { draw, roomFor, saved, save, lines };
})();
