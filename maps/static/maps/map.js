// The map itself: its controls, its state for people and tests (data-state), what it says when
// something is missing.

import { GeolocateControl, Map, NavigationControl, ScaleControl, setWorkerUrl } from "maplibre-gl";
import { offerHatches } from "./hatch.js";
import { ranks } from "./stack.js";
import { buildStyle, isVisible, opacities, sourceOf, tilesOf } from "./style.js";

const DARK = matchMedia("(prefers-color-scheme: dark)");

export function readTokens(from = document.documentElement) {
  const all = getComputedStyle(from);
  const names = ["water", "land", "text", "halo", "selected", "hatch"];
  const tokens = Object.fromEntries(names.map((name) => [name, all.getPropertyValue(`--map-${name}`).trim()]));
  return { ...tokens, dark: DARK.matches };
}

export async function createMap(container, catalogue, state, words, notices) {
  // What the page asked for beforehand is asked for once: the library would add its version.
  const worker = document.getElementById("map-worker");
  if (worker) setWorkerUrl(worker.href);
  // Labels are drawn with the page's face: it has to be there before the first of them.
  await document.fonts.load('600 16px "Portal Semibold"').catch(() => {});
  const map = new Map({
    container,
    style: buildStyle(catalogue, state, readTokens()),
    ...(state.view ?? { bounds: catalogue.bounds, fitBoundsOptions: wholeCity() }),
    locale: words.controls,
    attributionControl: false,
    refreshExpiredTiles: false, // tiles live for seconds: a map that lies open must not ask for ever
    maxZoom: 19,
    maxPitch: 0,
    pitchWithRotate: false,
    fadeDuration: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 200,
  });
  offerHatches(map);
  map.touchZoomRotate.disableRotation(); // two fingers mean zoom: a map turned by accident confuses
  const showCompass = matchMedia("(pointer: fine)").matches;
  map.addControl(new NavigationControl({ showCompass }), "top-right");
  const locate = new GeolocateControl({ trackUserLocation: true, positionOptions: { enableHighAccuracy: true, timeout: 15_000 } });
  locate.on("error", ({ code }) => notices.fail(code === 1 ? words.locationRefused : words.notLocated));
  locate.on("geolocate", ({ coords }) => map.fire("located", { place: [coords.longitude, coords.latitude], accuracy: coords.accuracy }));
  map.addControl(locate, "top-right");
  map.addControl(new ScaleControl({ maxWidth: 120 }), "bottom-right");
  DARK.addEventListener("change", () => map.setStyle(buildStyle(catalogue, state, readTokens())));

  markUsable(map);
  container.dataset.state = "loading";
  map.on("dataloading", () => { container.dataset.state = "loading"; });
  map.on("movestart", () => { container.dataset.state = "loading"; });
  map.on("idle", () => { container.dataset.state = "ready"; });
  return map;
}

// From here on a person sees the city and may move it: what a slow phone waits for.
function markUsable(map) {
  const drawn = ({ tile }) => {
    if (!tile) return;
    map.off("sourcedata", drawn);
    map.once("render", () => performance.mark("map-usable"));
    map.triggerRepaint();
  };
  map.on("sourcedata", drawn);
}

// Farther from the city than it is wide.
export function isOutside([lon, lat], [west, south, east, north]) {
  const [wide, high] = [east - west, north - south];
  return lon < west - wide || lon > east + wide || lat < south - high || lat > north + high;
}

export function wholeCity() {
  const [sheet, tools] = [".grip", ".map-top"].map((part) => document.querySelector(part)?.offsetHeight ?? 0);
  return { padding: { top: 24 + tools, left: 24, right: 24, bottom: 24 + sheet }, maxZoom: 15 };
}

export function applyState(map, layers, state) {
  for (const layer of layers) {
    const source = map.getSource(layer.id);
    const tiles = tilesOf(layer, state);
    if (source && String(source.tiles) !== String(tiles)) source.setTiles(tiles);
    if (layer.joint) drawFrom(map, layer, sourceOf(layer, state));
  }
  for (const id of ours(map)) {
    const { metadata } = map.getLayer(id);
    map.setLayoutProperty(id, "visibility", isVisible(metadata, state) ? "visible" : "none");
    for (const [name, value] of opacities({ metadata }, state)) map.setPaintProperty(id, name, value);
  }
  order(map, layers, state);
}

const ours = (map) => map.getLayersOrder().filter((id) => map.getLayer(id).metadata?.layer);

// A layer that is narrowed leaves the joint tile for one of its own, and comes back.
function drawFrom(map, layer, wanted) {
  const all = map.getLayersOrder();
  for (const id of ours(map)) {
    const { metadata, source } = map.getLayer(id);
    if (metadata.layer !== layer.id || metadata.apart || source === wanted) continue;
    const spec = map.getStyle().layers.find((one) => one.id === id);
    map.removeLayer(id);
    map.addLayer({ ...spec, source: wanted }, all[all.indexOf(id) + 1]);
  }
}

// Only what is ours changes places with what is ours: what others drew stays where it is.
function order(map, layers, state) {
  const rank = ranks(layers, state);
  const rankOf = (id) => rank(map.getLayer(id).metadata.layer, map.getLayer(id).metadata.part);
  const standing = ours(map);
  const wanted = [...standing].sort((one, other) => rankOf(one) - rankOf(other));
  if (String(wanted) === String(standing)) return;
  const all = map.getLayersOrder().map((id) => (standing.includes(id) ? wanted.shift() : id));
  for (let place = all.length - 2; place >= 0; place -= 1) map.moveLayer(all[place], all[place + 1]);
}
