// The sheet that is printed: the map is drawn once, in the size and the sharpness of paper, and then
// stands on the sheet as a picture. Paper is white: the colours are those of the light map.

import { Map as PortalMap } from "maplibre-gl";
import { baseOf, showBase } from "./basemap.js";
import { legible } from "./classes.js";
import { createFormat, localeOf } from "./format.js";
import { offerHatches } from "./hatch.js";
import { readTokens } from "./map.js";
import { shorten } from "./share.js";
import { fragmentOf, readState } from "./state.js";
import { buildStyle } from "./style.js";

const byId = (id) => document.getElementById(id);
const read = (id) => JSON.parse(byId(id).textContent);
const [catalogue, words, setting] = [read("catalogue"), read("words"), read("sheet-setting")];
const { layers } = catalogue;
const state = readState(layers);
const on = new Set(state.on);
const number = new Intl.NumberFormat(localeOf(catalogue.language), { maximumFractionDigits: 1 });

const day = new Intl.DateTimeFormat(localeOf(catalogue.language), { day: "numeric", month: "short", year: "numeric", timeZone: catalogue.timeZone });

const MOST = 3_500_000; // dots of a drawing, as much as a modest device draws
const PIXEL = 0.0254 / 96; // metres of paper
const EQUATOR = 40075016.686;
const SIZES = [8.5, 7.5, 6.75, 6]; // points: a long legend is set smaller
const WAIT = 60000;

const paper = byId("paper");
const tell = (text) => { byId("told").textContent = text; };

// Metres of ground in one metre of paper.
const scaleOf = (map) => (EQUATOR * Math.cos((map.getCenter().lat * Math.PI) / 180)) / (512 * 2 ** map.getZoom()) / PIXEL;
const zoomOf = (scale, lat) => Math.log2((EQUATOR * Math.cos((lat * Math.PI) / 180)) / (512 * scale * PIXEL));

function startMap() {
  const box = byId("map");
  const tokens = { ...readTokens(paper), dark: false };
  // 192 dots per inch; of a large sheet fewer, never under 150.
  const sharp = Math.min(2, Math.max(150 / 96, Math.sqrt(MOST / (box.clientWidth * box.clientHeight))));
  const map = new PortalMap({
    container: box,
    style: buildStyle(catalogue, state, tokens),
    bearing: 0,
    pixelRatio: sharp,
    maxCanvasSize: [4096, 4096],
    interactive: false,
    attributionControl: false,
    fadeDuration: 0,
    maxZoom: 19,
  });
  offerHatches(map);
  map.on("styledata", () => showBase(map, state, tokens));
  return map;
}

// The same part of the ground, whatever room the legend leaves.
function place(map) {
  map.resize();
  const bounds = setting.bbox ? setting.bbox.split(",").map(Number) : catalogue.bounds;
  if (setting.bbox || !state.view) map.fitBounds([bounds.slice(0, 2), bounds.slice(2)], { padding: 4, animate: false });
  else map.jumpTo(state.view);
  if (setting.scale) map.setZoom(zoomOf(setting.scale, map.getCenter().lat));
}

function drawn(map) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(words.tilesFailed)), WAIT);
    let failed = false;
    map.on("error", ({ sourceId }) => { failed ||= Boolean(sourceId); });
    map.once("idle", () => {
      clearTimeout(timer);
      // The drawing stands in its buffer only until the frame ends.
      map.once("render", () => resolve({ picture: map.getCanvas().toDataURL("image/png"), failed }));
      map.triggerRepaint();
    });
  });
}

function explain(map) {
  const zoom = map.getZoom();
  const seen = layers.filter((layer) => on.has(layer.id) && zoom >= layer.minzoom && zoom < layer.maxzoom + 1);
  const ids = new Set(seen.map(({ id }) => id));
  for (const row of document.querySelectorAll("[data-layer]")) row.hidden = !ids.has(row.dataset.layer);
  for (const shape of document.querySelectorAll(".swatch [data-thin]")) {
    shape.setAttribute(shape.getAttribute("fill") === "none" ? "stroke" : "fill", legible(shape.dataset.thin, { dark: false }));
  }
  for (const layer of seen) {
    const value = layer.facet?.values.find((one) => one.value === state.chosen[layer.id]);
    const row = document.querySelector(`[data-layer="${layer.id}"] .paper-chosen`);
    row.textContent = [value?.label, ...narrowed(layer)].filter(Boolean).map((text) => `· ${text}`).join(" ");
  }
  if (byId("demo-note")) byId("demo-note").hidden = !seen.some((layer) => layer.demo);
  byId("restricted-note").hidden = !seen.some((layer) => layer.restricted);
  byId("base-source").textContent = baseOf(state)?.attribution ?? "";
  byId("legend").hidden ||= !seen.length;
  byId("sources").textContent = sources(seen);
}

// Each office once for each of its dates.
function sources(seen) {
  const mixed = seen.some((layer) => layer.demo) && !seen.every((layer) => layer.demo);
  const told = new Map();
  for (const { title, owner, updated, demo } of seen) {
    const source = updated ? `${owner}, ${words.dataOf.replace("%s", day.format(new Date(updated)))}` : owner;
    told.set(source, [...(told.get(source) ?? []), demo && mixed ? `${title} (${words.demo})` : title]);
  }
  return [...told].map(([source, titles]) => `${source}: ${titles.join(", ")}.`).join(" ");
}

// What the layer is narrowed to, in words.
function narrowed(layer) {
  const format = createFormat(catalogue, words);
  return Object.entries(state.filter?.[layer.id] ?? {}).map(([name, value]) => {
    const property = layer.properties.find((one) => one.name === name);
    return property && `${property.title}: ${[value].flat().map((one) => format(property, one)).join(", ")}`;
  });
}

function writeScale(map) {
  const scale = scaleOf(map);
  const rounded = setting.scale ?? Number(scale.toPrecision(3));
  byId("scale-number").textContent = `1 : ${new Intl.NumberFormat(localeOf(catalogue.language)).format(rounded)}`;
  const most = scale * 0.042; // 42 mm of paper
  const magnitude = 10 ** Math.floor(Math.log10(most));
  const metres = [5, 2, 1].map((step) => step * magnitude).find((one) => one <= most);
  const bar = byId("scale-bar");
  bar.style.width = `${(metres / scale) * 1000}mm`;
  const unit = metres >= 1000 ? `${number.format(metres / 1000)} km` : `${number.format(metres)} m`;
  bar.replaceChildren(...["0", unit].map((text) => Object.assign(document.createElement("span"), { textContent: text })));
}

// Smaller letters first; what still does not fit goes on a sheet of its own.
function fitLegend() {
  const legend = byId("legend");
  if (legend.hidden) return;
  const overflows = () => legend.scrollHeight > legend.clientHeight + 1 || legend.scrollWidth > legend.clientWidth + 1;
  for (const size of SIZES) {
    legend.style.fontSize = `${size}pt`;
    if (!overflows()) return;
  }
  legend.style.fontSize = "";
  const page = Object.assign(document.createElement("section"), { className: `${paper.className} legend-paper` });
  const note = Object.assign(document.createElement("p"), { className: "legend-elsewhere", textContent: words.legendBehind });
  legend.before(note);
  page.append(legend);
  paper.after(page);
}

async function addAddress() {
  try {
    const { url, qr } = await shorten(location.hash.slice(1) || fragmentOf(layers, state, map), words);
    byId("address").textContent = url;
    byId("qr").src = qr;
    byId("qr").hidden = false;
    await byId("qr").decode();
  } catch {
    // The portal's own address stands there already.
  }
}

// The sheet on the screen: as wide as there is room for.
function fitScreen() {
  const room = document.querySelector(".desk").clientWidth - 32;
  document.querySelector(".paper-frame").style.zoom = Math.min(1, room / paper.offsetWidth);
}

const keep = () => {
  byId("setting").action = byId("setting").action.split("#")[0] + location.hash;
  byId("back").href = `/${location.hash}`;
};
keep();
fitScreen();
addEventListener("resize", fitScreen);
addEventListener("hashchange", () => location.reload());
byId("print-now").addEventListener("click", () => print());

let map;
try {
  await document.fonts.load('600 16px "Portal Semibold"').catch(() => {});
  map = startMap();
  place(map);
  explain(map);
  await addAddress();
  writeScale(map);
  fitLegend();
  place(map);
  const { picture, failed } = await drawn(map);
  writeScale(map);
  const image = Object.assign(new Image(), { src: picture, alt: byId("paper-title").textContent });
  await image.decode();
  map.remove();
  byId("picture").replaceChildren(image);
  paper.dataset.state = failed ? "incomplete" : "ready";
  tell(failed ? words.tilesFailed : words.sheetReady);
  byId("print-now").disabled = false;
} catch (error) {
  paper.dataset.state = "failed";
  tell(map ? error.message : words.notSupported);
}
