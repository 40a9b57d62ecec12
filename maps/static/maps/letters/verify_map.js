// The parcel of a letter on the city's own map, over the zones as they were when it was decided.

import { LngLatBounds } from "maplibre-gl";
import { startMap } from "../portal_map.js";

const read = (id) => JSON.parse(document.getElementById(id).textContent);
const [ground, words, drawing] = [read("ground"), read("words"), read("drawing")];
const INK = "#0f172a";
const REFUSED = "#b91c1c";

function bounds({ features }) {
  const box = new LngLatBounds();
  for (const { geometry } of features) for (const polygon of geometry.coordinates) for (const at of polygon[0]) box.extend(at);
  return box;
}

// The zones were cut to the frame of the letter: no empty strip is left beside them. The parcel
// takes at most 0.6 of that frame, and stays whole.
function fill(map, box) {
  const [west, east] = [map.project(box.getSouthWest()), map.project(box.getNorthEast())];
  const { clientWidth, clientHeight } = map.getContainer();
  const short = Math.max(clientWidth / (east.x - west.x), clientHeight / (west.y - east.y));
  if (short > 1) map.jumpTo({ zoom: map.getZoom() + Math.log2(Math.min(short, 1.5)) });
}

async function start() {
  const view = { bounds: bounds(drawing.zones.features.length ? drawing.zones : drawing.parcel), fitBoundsOptions: { padding: 0 } };
  const state = { on: new Set(ground.layers.map((layer) => layer.id)), chosen: {}, view };
  const { map } = await startMap({ catalogue: ground, words, state, draw });
  if (map && drawing.zones.features.length) fill(map, bounds(drawing.zones));
}

function draw(map) {
  if (map.getSource("parcel")) return;
  map.addSource("zones", { type: "geojson", data: drawing.zones });
  map.addSource("parcel", { type: "geojson", data: drawing.parcel });
  for (const spec of layers()) map.addLayer(spec);
}

function layers() {
  const colour = ["match", ["get", "part"], "refused", REFUSED, INK];
  const refused = ["==", ["get", "part"], "refused"];
  return [
    { id: "zones", type: "fill", source: "zones", paint: { "fill-color": ["get", "colour"], "fill-opacity": 0.5 } },
    { id: "zone-edges", type: "line", source: "zones", paint: { "line-color": "#ffffff", "line-width": 1 } },
    { id: "refused", type: "fill", source: "parcel", filter: refused, paint: { "fill-pattern": `hatch:${REFUSED}` } },
    { id: "casing", type: "line", source: "parcel", layout: { "line-join": "round" }, paint: { "line-color": "#ffffff", "line-width": 6, "line-opacity": 0.85 } },
    { id: "outline", type: "line", source: "parcel", layout: { "line-join": "round" }, paint: { "line-color": colour, "line-width": 3 } },
    { id: "zone-codes", type: "symbol", source: "zones",
      layout: { "text-field": ["get", "code"], "text-font": ["Portal Semibold"], "text-size": 12 },
      paint: { "text-color": INK, "text-halo-color": "#ffffff", "text-halo-width": 1.6 } },
  ];
}

start();
