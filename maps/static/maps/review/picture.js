// What a file draws over the city: its red line, the pieces of the check, what overlaps, what was
// asked, noted and seen there.

import { EMPTY, under } from "./ground.js";

export const RED = { light: "#be123c", dark: "#fb7185" };
const OWN = {
  overlaps: ["overlap-fill", "overlap-line"],
  earlier: ["earlier"],
  markups: ["markup-fill", "markup-line", "markup-point", "markup-text"],
  visits: ["visits"],
};
const widths = (far, near) => ["interpolate", ["linear"], ["zoom"], 12, far, 18, near];

export function drawPicture(map, tokens, picture, state) {
  const files = `${state.roles.files}:`;
  if (map.getSource("pieces")) return;
  const red = tokens.dark ? RED.dark : RED.light;
  const before = under(map);
  const add = (spec) => map.addLayer(spec, spec.type === "symbol" ? undefined : before);
  const source = (id, data) => map.addSource(id, { type: "geojson", data, tolerance: 0 });

  // The file itself is drawn by its red line; of the layer of all applications it is left out.
  for (const id of map.getLayersOrder().filter((one) => one.startsWith(files))) {
    const others = ["!=", ["get", "number"], picture.number];
    map.setFilter(id, map.getFilter(id) ? ["all", map.getFilter(id), others] : others);
  }
  source("pieces", picture.pieces);
  source("parcel", picture.parcel);
  for (const id of ["earlier", "proposed", "refused", "markups", "visits"]) source(id, picture[id]);
  source("touched", EMPTY);

  const kind = (...kinds) => ["in", ["get", "kind"], ["literal", kinds]];
  // An earlier red line of its own is drawn as a line: it would hatch all that there is.
  const others = ["all", kind("overlap"), ["!=", ["get", "name"], picture.number]];
  add({ id: "piece-hit", type: "fill", source: "pieces", filter: kind("zone", "sliver", "contested", "unzoned"), paint: { "fill-opacity": 0 } });
  add({ id: "piece-edge", type: "line", source: "pieces", filter: kind("zone", "contested", "unzoned"), paint: { "line-color": tokens.text, "line-width": 1, "line-opacity": 0.7 } });
  add({ id: "unzoned", type: "fill", source: "pieces", filter: kind("unzoned", "contested"), paint: { "fill-pattern": `hatch:${tokens.hatch}` } });
  add({ id: "overlap-fill", type: "fill", source: "pieces", filter: others, paint: { "fill-pattern": `hatch:${red}` } });
  add({ id: "overlap-line", type: "line", source: "pieces", filter: others, paint: { "line-color": red, "line-width": 1.5 } });
  add({ id: "refused-fill", type: "fill", source: "refused", paint: { "fill-pattern": `hatch:${red}` } });
  add({ id: "refused-line", type: "line", source: "refused", paint: { "line-color": red, "line-width": 1.5, "line-dasharray": [2, 1] } });
  add({ id: "earlier", type: "line", source: "earlier", paint: { "line-color": red, "line-width": widths(1, 2), "line-dasharray": [2, 2] } });
  add({ id: "proposed", type: "line", source: "proposed", paint: { "line-color": "#7c3aed", "line-width": widths(1.5, 3), "line-dasharray": [3, 1.5] } });
  add({ id: "touched-fill", type: "fill", source: "touched", paint: { "fill-color": tokens.selected, "fill-opacity": 0.28 } });
  add({ id: "touched-line", type: "line", source: "touched", paint: { "line-color": tokens.selected, "line-width": 4 } });
  add({ id: "parcel-halo", type: "line", source: "parcel", layout: { "line-join": "round" }, paint: { "line-color": tokens.halo, "line-width": widths(4, 7) } });
  add({ id: "parcel", type: "line", source: "parcel", layout: { "line-join": "round" }, paint: { "line-color": red, "line-width": widths(2, 4) } });
  const shape = (name) => ["==", ["geometry-type"], name];
  const note = tokens.dark ? "#fbbf24" : "#a16207";
  add({ id: "markup-fill", type: "fill", source: "markups", filter: shape("Polygon"), paint: { "fill-color": note, "fill-opacity": 0.15 } });
  add({ id: "markup-line", type: "line", source: "markups", filter: ["!", shape("Point")], paint: { "line-color": note, "line-width": 2.5 } });
  add({ id: "markup-point", type: "circle", source: "markups", filter: shape("Point"), paint: { "circle-radius": 6, "circle-color": note, "circle-stroke-color": tokens.halo, "circle-stroke-width": 2 } });
  add({ id: "visits", type: "circle", source: "visits", paint: { "circle-radius": 7, "circle-color": "#2563eb", "circle-stroke-color": tokens.halo, "circle-stroke-width": 2.5 } });
  const plan = map.getLayersOrder().map((id) => map.getLayer(id)).find((layer) => layer.metadata?.layer === state.roles.zones);
  if (plan) {
    add({ id: "zone-codes", type: "symbol", source: plan.source, "source-layer": state.roles.zones, minzoom: 14,
      layout: { visibility: plan.getLayoutProperty("visibility") ?? "visible", "text-field": ["get", "sub_zone"], "text-font": ["Portal Semibold"], "text-size": 12, "text-padding": 30 },
      paint: { "text-color": tokens.text, "text-halo-color": tokens.halo, "text-halo-width": 1.6 }, metadata: { layer: state.roles.zones, part: "codes" } });
  }
  const label = { "text-font": ["Portal Semibold"], "text-size": 12, "text-max-width": 14, "text-offset": [0, 1.1], "text-anchor": "top" };
  add({ id: "markup-text", type: "symbol", source: "markups", layout: { ...label, "text-field": ["slice", ["get", "text"], 0, 80] }, paint: { "text-color": note, "text-halo-color": tokens.halo, "text-halo-width": 1.6 } });
  showOwn(map, state);
}

// Which of these are switched off.
export function showOwn(map, { off }) {
  for (const [name, ids] of Object.entries(OWN)) {
    for (const id of ids) if (map.getLayer(id)) map.setLayoutProperty(id, "visibility", off.has(name) ? "none" : "visible");
  }
}
