// The map itself: its controls, its state for people and tests (data-state), what it says when
// something is missing.

import { GeolocateControl, Map, NavigationControl, ScaleControl } from "maplibre-gl";
import { buildStyle, isVisible, sourceOf, tilesOf } from "./style.js";

const DARK = matchMedia("(prefers-color-scheme: dark)");

export function readTokens() {
  const all = getComputedStyle(document.documentElement);
  const names = ["water", "land", "text", "halo", "selected", "hatch"];
  const tokens = Object.fromEntries(names.map((name) => [name, all.getPropertyValue(`--map-${name}`).trim()]));
  return { ...tokens, dark: DARK.matches };
}

export async function createMap(container, catalogue, state, words, notices) {
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
  map.setMissingStyleImageResolver((id) => {
    if (id.startsWith("hatch:")) map.addImage(id, hatch(id.slice(6)), { pixelRatio: 2 });
  });
  map.touchZoomRotate.disableRotation(); // two fingers mean zoom: a map turned by accident confuses
  const showCompass = matchMedia("(pointer: fine)").matches;
  map.addControl(new NavigationControl({ showCompass }), "top-right");
  const locate = new GeolocateControl({ trackUserLocation: true });
  locate.on("error", () => notices.fail(words.notLocated));
  map.addControl(locate, "top-right");
  map.addControl(new ScaleControl({ maxWidth: 120 }), "bottom-right");
  DARK.addEventListener("change", () => map.setStyle(buildStyle(catalogue, state, readTokens())));

  container.dataset.state = "loading";
  map.on("dataloading", () => { container.dataset.state = "loading"; });
  map.on("movestart", () => { container.dataset.state = "loading"; });
  map.on("idle", () => { container.dataset.state = "ready"; });
  return map;
}

export function wholeCity() {
  const sheet = document.querySelector(".grip").offsetHeight;
  return { padding: { top: 24, left: 24, right: 24, bottom: 24 + sheet }, maxZoom: 15 };
}

export function applyState(map, layers, state) {
  for (const id of map.getLayersOrder()) {
    const { metadata } = map.getLayer(id);
    if (metadata) map.setLayoutProperty(id, "visibility", isVisible(metadata, state) ? "visible" : "none");
  }
  for (const layer of layers.filter((one) => one.facet)) {
    const source = map.getSource(sourceOf(layer));
    const tiles = tilesOf(layer, state);
    if (source && source.tiles[0] !== tiles[0]) source.setTiles(tiles);
  }
}

// Diagonal lines on a transparent ground; it tiles without a seam.
function hatch(colour) {
  const size = 16;
  const canvas = Object.assign(document.createElement("canvas"), { width: size, height: size });
  const pen = canvas.getContext("2d");
  pen.strokeStyle = colour;
  pen.lineWidth = 2;
  pen.beginPath();
  for (const shift of [-size, 0, size]) {
    pen.moveTo(shift - 2, size + 2);
    pen.lineTo(shift + size + 2, -2);
  }
  pen.stroke();
  return pen.getImageData(0, 0, size, size);
}
