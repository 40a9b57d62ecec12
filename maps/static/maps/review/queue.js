// The queue: list and map move together. What is chosen in one is shown in the other; the view and
// the check mark are part of the address.

import { legible } from "../classes.js";
import { readTokens } from "../map.js";
import { createSheet, isPhone } from "../sheet.js";
import { byId, createGround, read, under } from "./ground.js";
import { listen } from "./keys.js";

const [ground, words] = [read("under"), read("words")];
const rows = [...document.querySelectorAll(".file-row")];
const linkOf = (row) => row.querySelector("a");
const inView = byId("in-view");
const sheet = createSheet(byId("panel"), byId("grip"), words);
const files = rows.map((row) => {
  const [west, south, east, north] = row.dataset.bounds.split(",").map(Number);
  const { number, colour } = row.dataset;
  return { row, number, colour, bounds: [west, south, east, north], middle: [(west + east) / 2, (south + north) / 2] };
});
const fileOf = new Map(files.map((one) => [one.number, one]));
const given = new URLSearchParams(location.hash.slice(1));
let chosen = null;
let hovered = null;

inView.checked = given.get("seen") === "1";

function view() {
  const numbers = (given.get("map") ?? "").split("/").map(Number);
  if (numbers.length === 3 && numbers.every(Number.isFinite) && Math.abs(numbers[1]) <= 85) {
    return { zoom: numbers[0], center: [numbers[2], numbers[1]] };
  }
  return null;
}

function draw(map, tokens) {
  if (map.getSource("files")) return;
  const features = files.map(({ number, colour, middle }) => ({
    type: "Feature", properties: { number, colour: legible(colour, tokens) }, geometry: { type: "Point", coordinates: middle },
  }));
  const listed = ["in", ["get", "number"], ["literal", files.map((one) => one.number)]];
  // Parcels that are not in the list are not on the map either.
  for (const id of map.getLayersOrder().filter((one) => one.startsWith(`${ground.roles.files}:`))) {
    map.setFilter(id, map.getFilter(id) ? ["all", map.getFilter(id), listed] : listed);
  }
  map.addSource("files", { type: "geojson", data: { type: "FeatureCollection", features } });
  const before = under(map);
  const far = ["interpolate", ["linear"], ["zoom"], 15, 1, 16.5, 0];
  map.addLayer({ id: "files", type: "circle", source: "files", maxzoom: 17,
    paint: { "circle-radius": ["interpolate", ["linear"], ["zoom"], 10, 3.5, 14, 6], "circle-color": ["get", "colour"], "circle-stroke-color": tokens.halo, "circle-stroke-width": 1.25, "circle-opacity": far, "circle-stroke-opacity": far } }, before);
  const isOne = ["==", ["get", "number"], ""];
  map.addLayer({ id: "chosen-ring", type: "circle", source: "files", filter: isOne,
    paint: { "circle-radius": 12, "circle-color": "transparent", "circle-stroke-color": tokens.selected, "circle-stroke-width": 3 } });
  const parcels = map.getLayersOrder().map((id) => map.getLayer(id)).find((layer) => layer.metadata?.layer === ground.roles.files);
  if (parcels) {
    map.addLayer({ id: "chosen-line", type: "line", source: parcels.source, "source-layer": ground.roles.files, filter: isOne, paint: { "line-color": tokens.selected, "line-width": 4 } });
  }
  mark(map);
}

function mark(map) {
  const filter = ["in", ["get", "number"], ["literal", [chosen, hovered].filter(Boolean)]];
  for (const id of ["chosen-ring", "chosen-line"]) if (map.getLayer(id)) map.setFilter(id, filter);
}

if (isPhone()) {
  sheet.open();
  byId("more").open = false;
}
const { map } = await createGround({ under: ground, words, on: ground.layers.map((layer) => layer.id), view: view() ?? around(), draw });

// Everything that is listed, or the whole city.
function around() {
  if (!files.length) return null;
  const bounds = files.reduce((box, { bounds: [w, s, e, n] }) => [Math.min(box[0], w), Math.min(box[1], s), Math.max(box[2], e), Math.max(box[3], n)], [180, 90, -180, -90]);
  const below = sheet.covered() + 40;
  return { bounds, fitBoundsOptions: { padding: { top: 40, left: 40, right: 40, bottom: below }, maxZoom: 16 } };
}

function choose(number, { fly = false, scroll = false } = {}) {
  chosen = number;
  for (const { row, number: other } of files) row.toggleAttribute("data-chosen", other === number);
  const file = fileOf.get(number);
  if (scroll) file?.row.scrollIntoView({ block: "nearest" });
  if (!map || !file) return;
  mark(map);
  const [w, s, e, n] = file.bounds;
  if (fly) map.fitBounds([w, s, e, n], { padding: 120, maxZoom: 17.5, duration: 500 });
  else if (!inView.checked && !map.getBounds().contains(file.middle)) map.easeTo({ center: file.middle });
}

for (const { row, number } of files) {
  row.addEventListener("focusin", () => choose(number));
  row.addEventListener("mouseenter", () => { hovered = number; if (map) mark(map); });
  row.addEventListener("mouseleave", () => { hovered = null; if (map) mark(map); });
  row.addEventListener("click", (event) => { if (!event.target.closest("a")) { choose(number, { fly: true }); linkOf(row).focus({ preventScroll: true }); } });
}

function step(by) {
  const shown = files.filter(({ row }) => !row.hidden);
  if (!shown.length) return;
  const at = shown.findIndex(({ number }) => number === chosen);
  const next = at === -1 ? 0 : Math.min(Math.max(at + by, 0), shown.length - 1);
  linkOf(shown[next].row).focus();
  shown[next].row.scrollIntoView({ block: "nearest" });
}

function showThoseInView() {
  const bounds = map?.getBounds();
  let shown = 0;
  for (const { row, bounds: [w, s, e, n] } of files) {
    const hidden = Boolean(inView.checked && bounds && (e < bounds.getWest() || w > bounds.getEast() || n < bounds.getSouth() || s > bounds.getNorth()));
    row.hidden = hidden;
    if (!hidden) shown += 1;
  }
  const box = byId("none-in-view");
  if (box) box.hidden = shown > 0;
  byId("count").textContent = words.inView.replace("%n", shown).replace("%m", files.length);
}

function remember() {
  const { lng, lat } = map.getCenter();
  const parts = [`map=${map.getZoom().toFixed(2)}/${lat.toFixed(5)}/${lng.toFixed(5)}`];
  if (inView.checked) parts.push("seen=1");
  history.replaceState(null, "", `#${parts.join("&")}`);
}

inView.addEventListener("change", () => { showThoseInView(); if (map) remember(); });
// Chosen with the pointer, a filter is used at once; whoever walks through its values by key is not
// taken away at each of them.
let byKey = false;
byId("sieve").addEventListener("keydown", () => { byKey = true; });
byId("sieve").addEventListener("pointerdown", () => { byKey = false; });
byId("sieve").addEventListener("change", ({ target }) => { if (target.matches("select") && !byKey) byId("sieve").requestSubmit(); });
byId("sieve").addEventListener("submit", () => {
  for (const field of byId("sieve").elements) if (field.name && !field.value) field.disabled = true;
});
addEventListener("pageshow", () => { for (const field of byId("sieve").elements) field.disabled = false; });

listen({
  j: () => step(1), k: () => step(-1), ArrowDown: () => step(1), ArrowUp: () => step(-1),
  "/": () => { sheet.open(); byId("search").focus(); },
  Enter: ({ target }) => { if (target.closest("a, button, summary") || !chosen) return false; linkOf(fileOf.get(chosen).row).click(); return true; },
});

if (map) {
  const hit = ({ x, y }, reach) => {
    const layers = map.getLayersOrder().filter((id) => id === "files" || id.startsWith(`${ground.roles.files}:`));
    const around = [[x - reach, y - reach], [x + reach, y + reach]];
    const found = map.queryRenderedFeatures(around, { layers }).find((one) => fileOf.has(one.properties.number));
    return found?.properties.number ?? null;
  };
  map.on("click", ({ point }) => {
    const number = hit(point, isPhone() ? 14 : 6);
    if (!number) return;
    sheet.open();
    choose(number, { scroll: true });
    linkOf(fileOf.get(number).row).focus({ preventScroll: true });
  });
  map.on("mousemove", ({ point }) => {
    const number = hit(point, 4);
    map.getCanvas().style.cursor = number ? "pointer" : "";
    if (number === hovered) return;
    for (const { row, number: other } of files) row.toggleAttribute("data-hovered", other === number);
    hovered = number;
    mark(map);
  });
  map.once("idle", () => map.on("moveend", () => { showThoseInView(); remember(); }));
  showThoseInView();
}
