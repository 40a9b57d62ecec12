// What is said of the parcel beside the map: its size, its flaws with their places, what is offered.

import { element } from "../../maps/element.js";
import { localeOf } from "../../maps/format.js";

export function createReport(words, act) {
  const box = document.getElementById("found");
  const fault = document.getElementById("e-parcel");
  const locale = localeOf(document.documentElement.lang);
  const number = (value, digits) => value.toLocaleString(locale, { maximumFractionDigits: digits });
  const button = (text, onclick, more = {}) => element("button", { type: "button", class: "button", onclick, ...more }, text);
  const size = (vertices, area) => element("p", { class: "size" }, vertices ? element("b", {}, words.vertices.replace("%s", number(vertices, 0))) : null, vertices && area ? " · " : null, area ? element("b", { class: "area" }, `${number(area, 2)}\u00a0m²`) : null);

  function tell(told, { snapped }) {
    fault.textContent = "";
    box.removeAttribute("aria-busy");
    if (!told) { box.replaceChildren(element("p", { class: "hint" }, words.none)); return; }
    const blocked = told.flaws.some(({ blocking }) => blocking);
    const rows = told.flaws.map((flaw) => element("li", { class: flaw.blocking ? "bad" : "mild" }, element("span", {}, flaw.sentence), button(words.show, () => act.show(flaw))));
    box.replaceChildren(
      size(told.vertices, told.areaM2),
      told.kelurahan.length ? element("p", { class: "hint" }, words.in.replace("%s", told.kelurahan.map(({ name }) => name).join(", "))) : "",
      ...told.notes.map((note) => element("p", { class: "hint" }, note)),
      rows.length ? element("ul", { class: "flaws" }, ...rows) : element("p", { class: "sound" }, words.sound),
      told.mended ? button(words.mend, () => act.mend(told.mended)) : "",
      blocked ? "" : snapOf(told, snapped),
      told.table.length ? tableOf(told) : "",
    );
  }

  function snapOf(told, snapped) {
    if (snapped) return element("p", { class: "offer" }, words.snapped, " ", button(words.snapUndo, act.unsnap));
    if (!told.snapped) return "";
    const { geometry, moved } = told.snapped;
    const far = Math.max(...moved.map(({ metres }) => metres));
    const text = words.snapOffer.replace("%s", moved.length).replace("%s", number(far, 2));
    return element("p", { class: "offer" }, text, " ", button(words.snap, () => act.snap(geometry)));
  }

  function tableOf(told) {
    const rows = told.table.map(({ number: n, x, y }) => element("tr", {}, element("th", { scope: "row" }, String(n)), element("td", {}, x), element("td", {}, y)));
    return element("details", { class: "corners" }, element("summary", {}, words.corners),
      element("div", { class: "corners-box", tabindex: "0" }, element("table", {}, element("tbody", {}, ...rows))),
      button(words.asTable, () => act.table(told.text)));
  }

  return {
    tell,
    wait: () => { box.setAttribute("aria-busy", "true"); fault.textContent = ""; },
    fail: (detail, again = "") => {
      box.removeAttribute("aria-busy");
      box.replaceChildren(again ? button(again, act.retry) : "");
      fault.textContent = detail;
    },
    // While a hand draws: what the ellipsoid gives at once, until the portal has looked at it.
    measure: (geometry, area) => {
      if (area) box.replaceChildren(size(cornersOf(geometry), area));
    },
  };
}

const cornersOf = (geometry) => {
  if (!geometry) return 0; // not closed yet
  const parts = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
  return parts.flat().reduce((sum, ring) => sum + ring.length - 1, 0);
};
