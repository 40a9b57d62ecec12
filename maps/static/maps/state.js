// What is shared when the address is shared:
//   #map=12.5/-10.1702/123.6070&on=zones,markets&stunting-prevalence.month=2026-08-01&opacity.zones=0.5
//   &filter.zones.zone=R&time.trash-reports=2026-11-01/2026-11-30&order=…&compare=…&base=…
// `on` are the ids of the layers that are on, the lowest first; `chosen` the facet value of each
// layer; `opacity`, `filter` and `time` are by layer and hold only what was chosen. What an address
// says wrongly is passed over: the rest of it still counts.

import { inserted, natural } from "./stack.js";

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const LONGEST = 200; // characters of one value of a filter
export const MODES = ["value", "time", "layers"];

export function readState(layers, text = location.hash) {
  const given = new URLSearchParams(text.replace(/^#/, ""));
  const byId = new Map(layers.map((layer) => [layer.id, layer]));
  const state = {
    view: readView(given.get("map")), on: readOn(given, layers, byId),
    chosen: {}, opacity: {}, filter: {}, time: {}, compare: null, base: given.get("base") ?? "",
  };
  for (const layer of layers) readLayer(given, layer, state);
  state.compare = readCompare(given.get("compare"), byId);
  return state;
}

function readOn(given, layers, byId) {
  const asked = given.has("on")
    ? given.get("on").split(",").filter((id) => byId.has(id))
    : layers.filter((layer) => layer.shown).map((layer) => layer.id);
  const usual = natural(layers).filter((id) => asked.includes(id));
  const order = (given.get("order") ?? "").split(",").filter((id) => usual.includes(id));
  const listed = [...new Set(order)];
  return usual.filter((id) => !listed.includes(id)).reduce((on, id) => inserted(on, id, layers), listed);
}

function readLayer(given, layer, state) {
  const { id, facet, timed, properties } = layer;
  if (facet) state.chosen[id] = valueOr(facet.values, given.get(`${id}.${facet.name}`));
  const opacity = Number(given.get(`opacity.${id}`) ?? NaN);
  if (opacity >= 0 && opacity < 1) state.opacity[id] = opacity;
  for (const { name, filter } of properties) {
    const value = given.get(`filter.${id}.${name}`);
    if (filter && value && value.length <= LONGEST && name !== facet?.name) (state.filter[id] ??= {})[name] = value;
  }
  const span = timed && readSpan(given.get(`time.${id}`));
  if (span) state.time[id] = span;
}

function valueOr(values, asked) {
  return values.some((one) => one.value === asked) ? asked : values[0]?.value;
}

export function readSpan(text) {
  const [from, to, ...more] = (text ?? "").split("/");
  const isDay = (one) => DAY.test(one ?? "") && Number.isFinite(Date.parse(one));
  return !more.length && isDay(from) && isDay(to) && from <= to ? [from, to] : null;
}

function readView(text) {
  const numbers = (text ?? "").split("/").map((one) => (one.trim() ? Number(one) : NaN));
  if (numbers.length !== 3 || !numbers.every(Number.isFinite)) return null;
  const [zoom, lat, lon] = numbers;
  return zoom >= 0 && zoom <= 24 && Math.abs(lat) <= 85 && Math.abs(lon) <= 180 ? { zoom, center: [lon, lat] } : null;
}

function readCompare(text, byId) {
  const [mode, id, other, at] = (text ?? "").split("|");
  const layer = byId.get(id);
  const fits = layer && {
    value: () => layer.facet?.values.some((one) => one.value === other),
    time: () => layer.timed && readSpan(other),
    layers: () => byId.has(other) && other !== id,
  }[MODES.find((one) => one === mode)]?.();
  const place = Number(at);
  return fits ? { mode, layer: id, with: other, at: place >= 0 && place <= 100 ? place : 50 } : null;
}

export function fragmentOf(layers, state, map) {
  const { lng, lat } = map.getCenter();
  const parts = [`map=${map.getZoom().toFixed(2)}/${lat.toFixed(5)}/${lng.toFixed(5)}`];
  const add = (name, value) => parts.push(`${name}=${encodeURIComponent(value).replace(/%2[CF]|%7C/g, decodeURIComponent)}`);
  const shown = new Set(state.on);
  if (layers.some((layer) => layer.shown !== shown.has(layer.id))) {
    add("on", layers.filter(({ id }) => shown.has(id)).map(({ id }) => id));
  }
  const usual = natural(layers).filter((id) => shown.has(id));
  if (String(usual) !== String(state.on)) add("order", state.on);
  for (const { id, facet } of layers.filter((one) => shown.has(one.id))) {
    if (facet && state.chosen[id] !== facet.values[0]?.value) add(`${id}.${facet.name}`, state.chosen[id]);
    if (state.opacity[id] !== undefined) add(`opacity.${id}`, state.opacity[id]);
    for (const [name, value] of Object.entries(state.filter[id] ?? {})) add(`filter.${id}.${name}`, value);
    if (state.time[id]) add(`time.${id}`, state.time[id].join("/"));
  }
  const { compare } = state;
  if (compare) add("compare", [compare.mode, compare.layer, compare.with, Math.round(compare.at)].join("|"));
  if (state.base) add("base", state.base);
  return parts.join("&");
}

// What was chosen is a step that the browser can go back on; where one looked is not.
export function writeState(layers, state, map, { step = false } = {}) {
  const fragment = `#${fragmentOf(layers, state, map)}`;
  if (fragment === location.hash) return;
  history[step ? "pushState" : "replaceState"](null, "", fragment);
}

// The two sides of a comparison, each a state of its own.
export function sidesOf(state) {
  const { mode, layer, with: other } = state.compare;
  if (mode === "value") return [state, { ...state, chosen: { ...state.chosen, [layer]: other } }];
  if (mode === "time") return [state, { ...state, time: { ...state.time, [layer]: readSpan(other) } }];
  const only = (keep, drop) => {
    const on = state.on.filter((id) => id !== drop);
    return { ...state, on: on.includes(keep) ? on : [...on, keep] };
  };
  return [only(layer, other), only(other, layer)];
}

// A form and the log-in lead back to the same view: a browser keeps the fragment across a redirect.
export function keepAcrossPages(languageForm, loginLink) {
  languageForm.addEventListener("submit", () => {
    languageForm.action = languageForm.action.split("#")[0] + location.hash;
  });
  loginLink?.addEventListener("click", () => {
    loginLink.search = `?next=${encodeURIComponent(`/${location.hash}`)}`;
  });
}
