// The small map of a layer, a table or one row: the city's ground, and what the page is about.

import { LngLatBounds } from "maplibre-gl";
import { createMap } from "./map.js";
import { createNotices } from "./notices.js";
import { readState } from "./state.js";

const read = (id) => JSON.parse(document.getElementById(id)?.textContent ?? "null");
const [ground, words, drawing, layer] = ["ground", "words", "drawing", "layer"].map(read);
const CLOSEST = 16; // a single point is shown with its street

function bounds({ features }) {
  const box = new LngLatBounds();
  const extend = (at) => (typeof at[0] === "number" ? box.extend(at) : at.forEach(extend));
  for (const { geometry } of features) extend(geometry.coordinates);
  return box;
}

async function start() {
  const box = document.getElementById("map");
  const notices = createNotices(document.getElementById("pill"), document.getElementById("toast"), words);
  const shown = drawing?.features.length ? drawing : null;
  const layers = shown ? ground.layers.filter(({ id }) => id !== layer) : ground.layers;
  const state = readState(layers, "");
  state.on = layers.filter((one) => one.ground || one.id === layer).map(({ id }) => id);
  state.view = { bounds: shown ? bounds(shown) : ground.bounds, fitBoundsOptions: { padding: 40, maxZoom: CLOSEST } };
  let map;
  try {
    map = await createMap(box, { ...ground, layers }, state, words, notices);
  } catch {
    box.dataset.state = "failed";
    notices.fail(words.notSupported);
    return;
  }
  map.on("error", ({ sourceId }) => {
    if (sourceId) notices.fail(words.tilesFailed, () => map.refreshTiles(sourceId));
  });
  if (!shown) return;
  // The style is built anew when the colours of the device change; what is ours goes back on it.
  const draw = () => {
    if (map.getSource("drawn")) return;
    map.addSource("drawn", { type: "geojson", data: shown });
    for (const spec of specs()) map.addLayer(spec);
  };
  map.on("styledata", draw);
  if (map.isStyleLoaded()) draw();
  if (shown.features.length > 1) follow(map);
}

// From a table's map to the page of a row.
function follow(map) {
  const ids = specs().map(({ id }) => id);
  const found = (point) => map.getLayer(ids[0]) && map.queryRenderedFeatures(point, { layers: ids })[0];
  map.on("mousemove", ({ point }) => { map.getCanvas().style.cursor = found(point) ? "pointer" : ""; });
  map.on("click", ({ point }) => {
    const one = found(point);
    if (one) location.assign(`${one.properties.address}?f=html`);
  });
}

function specs() {
  const colour = ["get", "colour"];
  const is = (kind) => ["in", kind, ["geometry-type"]];
  return [
    { id: "drawn-areas", type: "fill", source: "drawn", filter: is("Polygon"), paint: { "fill-color": colour, "fill-opacity": 0.45 } },
    { id: "drawn-edges", type: "line", source: "drawn", filter: ["!", is("Point")], layout: { "line-join": "round" }, paint: { "line-color": colour, "line-width": 2 } },
    { id: "drawn-points", type: "circle", source: "drawn", filter: is("Point"),
      paint: { "circle-color": colour, "circle-radius": 6, "circle-stroke-color": "#ffffff", "circle-stroke-width": 1.5 } },
  ];
}

start();
