// The tables and the map of a file: what is touched in one is shown in the other.

import { EMPTY, boundsOf } from "./ground.js";

export function createPieces(map, picture, roles) {
  const rows = [...document.querySelectorAll("[data-part], [data-number], [data-markup], [data-visit], [data-request]")];
  let shown = null;

  // What a row tells of, as features of the picture.
  function featuresOf({ part, markup, visit, request, kind }) {
    const own = (source, name, value) => picture[source].features.filter((one) => String(one.properties[name]) === value);
    if (markup) return own("markups", "id", markup);
    if (visit) return own("visits", "id", visit);
    if (request) return own("proposed", "request", request);
    return part ? own("pieces", "part", part).filter((one) => !kind || one.properties.kind === kind || kind !== "overlap") : [];
  }

  // A neighbour is no piece of the parcel: its outline comes from the tiles.
  function neighbour(number) {
    const layers = map.getLayersOrder().filter((id) => id.startsWith(`${roles.files}:`));
    return layers.length ? map.queryRenderedFeatures({ layers }).filter((one) => one.properties.number === number).map(({ geometry }) => ({ type: "Feature", properties: {}, geometry })) : [];
  }

  function touch(row) {
    if (row === shown) return;
    shown = row;
    for (const one of rows) one.toggleAttribute("data-touched", one === row);
    const found = row ? featuresOf(row.dataset) : [];
    const features = found.length || !row?.dataset.number ? found : neighbour(row.dataset.number);
    map.getSource("touched")?.setData(features.length ? { type: "FeatureCollection", features } : EMPTY);
  }

  for (const row of rows) {
    row.addEventListener("mouseenter", () => touch(row));
    row.addEventListener("mouseleave", () => touch(null));
    row.addEventListener("focusin", () => touch(row));
    row.addEventListener("click", ({ target }) => {
      if (target.closest("a, button, input, textarea, summary, select, label")) return;
      const found = featuresOf(row.dataset);
      if (!found.length) return;
      touch(row);
      bringIntoView(map, found);
    });
    row.addEventListener("keydown", ({ key, target }) => { if (key === "Enter" && target === row) row.click(); });
  }

  const rowAt = (point, reach = 4) => {
    const around = [[point.x - reach, point.y - reach], [point.x + reach, point.y + reach]];
    const layers = ["visits", "markup-point", "markup-line", "overlap-fill"].filter((id) => map.getLayer(id));
    const near = map.queryRenderedFeatures(around, { layers })[0];
    const name = { visits: "visit", markups: "markup" }[near?.source];
    if (name) return rows.find((row) => row.dataset[name] === String(near.properties.id));
    const under = map.getLayer("piece-hit") ? map.queryRenderedFeatures([point.x, point.y], { layers: ["piece-hit"] })[0] : null;
    const part = near?.properties.part ?? under?.properties.part;
    return rows.find((row) => row.dataset.part === part) ?? null;
  };
  return { touch, rowAt };
}

function bringIntoView(map, features) {
  const boxes = features.map(({ geometry }) => boundsOf(geometry));
  const [w, s, e, n] = [0, 1, 2, 3].map((at) => Math[at < 2 ? "min" : "max"](...boxes.map((box) => box[at])));
  const view = map.getBounds();
  if (!view.contains([w, s]) || !view.contains([e, n])) map.fitBounds([w, s, e, n], { padding: 80, maxZoom: 18.5 });
}
