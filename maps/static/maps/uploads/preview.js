// What a file changes, over the city's own ground: new, changed and gone rows, and where what moved
// lay before. A colour is never alone: what is gone is hatched, what was is dashed.

import { LngLatBounds, Popup } from "maplibre-gl";
import { readTokens } from "../map.js";
import { createNotices } from "../notices.js";
import { startMap } from "../portal_map.js";

const byId = (id) => document.getElementById(id);
const read = (id) => JSON.parse(byId(id).textContent);
const SOURCE = "changes";
const HIDDEN = new Set();

async function start() {
  const box = byId("map");
  const [ground, words] = [read("ground"), read("map-words")];
  const notices = createNotices(byId("pill"), byId("toast"), words);
  let data;
  try {
    const answer = await fetch(box.dataset.changes, { credentials: "same-origin" });
    if (!answer.ok) throw new Error(answer.status);
    data = await answer.json();
  } catch {
    box.dataset.state = "failed";
    notices.fail(words.tilesFailed, () => location.reload());
    return;
  }
  const bounds = boundsOf(data.features);
  const view = { bounds: bounds ?? ground.bounds, fitBoundsOptions: { padding: 40, maxZoom: 17 } };
  const state = { on: new Set(ground.layers.map(({ id }) => id)), chosen: {}, view };
  const { map } = await startMap({ catalogue: ground, words, state, notices, draw: (map) => draw(map, data) });
  if (!map) return;
  map.on("click", (event) => tell(map, event));
  for (const box of document.querySelectorAll("[data-kind]")) {
    const follow = () => { HIDDEN[box.checked ? "delete" : "add"](box.dataset.kind); show(map); };
    box.addEventListener("change", follow);
    if (!box.checked) follow();
  }
}

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

function draw(map, data) {
  if (map.getSource(SOURCE)) return;
  const tokens = readTokens();
  map.addSource(SOURCE, { type: "geojson", data, tolerance: 0.2 });
  const of = (kind, ...more) => ["all", ["==", ["get", "kind"], kind], ...more];
  const shape = (name) => ["==", ["geometry-type"], name];
  const add = (kind, id, type, more, paint) => map.addLayer({ id: `${SOURCE}-${kind}-${id}`, type, source: SOURCE, filter: of(kind, ...more), paint });
  for (const kind of ["new", "changed", "gone"]) {
    const paint = kind === "gone" ? { "fill-pattern": `hatch:${colour(kind)}` } : { "fill-color": colour(kind), "fill-opacity": 0.28 };
    add(kind, "fill", "fill", [shape("Polygon")], paint);
    add(kind, "line", "line", [["!", shape("Point")]], { "line-color": colour(kind), "line-width": 2.5 });
    add(kind, "point", "circle", [shape("Point")], {
      "circle-radius": 7, "circle-color": kind === "gone" ? tokens.halo : colour(kind),
      "circle-stroke-color": kind === "gone" ? colour(kind) : tokens.halo, "circle-stroke-width": 2.5,
    });
  }
  add("was", "line", "line", [["!", shape("Point")]], { "line-color": tokens.text, "line-width": 1.5, "line-dasharray": [3, 2] });
  add("was", "point", "circle", [shape("Point")], { "circle-radius": 6, "circle-color": "rgba(0,0,0,0)", "circle-stroke-color": tokens.text, "circle-stroke-width": 1.5 });
  show(map);
}

function ours(map) {
  return map.getLayersOrder().filter((id) => id.startsWith(`${SOURCE}-`));
}

function show(map) {
  for (const id of ours(map)) {
    map.setLayoutProperty(id, "visibility", HIDDEN.has(id.split("-")[1]) ? "none" : "visible");
  }
}

function tell(map, { point, lngLat }) {
  const reach = 6;
  const around = [[point.x - reach, point.y - reach], [point.x + reach, point.y + reach]];
  const [found] = map.queryRenderedFeatures(around, { layers: ours(map) }).filter(({ properties }) => properties.fields);
  if (!found) return;
  const content = document.createElement("div");
  const title = document.createElement("b");
  title.textContent = found.properties.label;
  content.append(title);
  const { fields } = found.properties; // lists come as text from some sources
  for (const [name, was, now] of typeof fields === "string" ? JSON.parse(fields) : fields) {
    const line = document.createElement("p");
    line.textContent = found.properties.kind === "changed" ? `${name}: ${was || "–"} → ${now || "–"}` : `${name}: ${now || was || "–"}`;
    content.append(line);
  }
  new Popup({ maxWidth: "280px" }).setLngLat(lngLat).setDOMContent(content).addTo(map);
}

function boundsOf(features) {
  const bounds = new LngLatBounds();
  const walk = (value) => (typeof value[0] === "number" ? bounds.extend(value.slice(0, 2)) : value.forEach(walk));
  for (const { geometry } of features) if (geometry?.coordinates?.length) walk(geometry.coordinates);
  return bounds.isEmpty() ? null : bounds.toArray();
}

start();
