// From the declaration of a layer to MapLibre sources and style layers. Every style layer says in its
// metadata which layer of the portal it draws.

import { colourOf, isOf, priority } from "./classes.js";
import { localeOf } from "./format.js";
import { addMany, isCounted } from "./overview.js";
import { ranks } from "./stack.js";

const FONT = ["Portal Semibold"]; // the page's own face, drawn by the browser: no glyph files
const DEEPEST = 16; // closer in, tiles of this zoom are enlarged: 15 cm are fine enough
const JOINT = "shown"; // the layers of the first view come in one tile, not in one request each

// What a person narrowed is asked for by itself, and computed for them.
const isNarrowed = ({ id }, state) => Boolean(state.time?.[id] || Object.keys(state.filter?.[id] ?? {}).length);

export const sourceOf = (layer, state) => (layer.joint && !isNarrowed(layer, state) ? JOINT : layer.id);

// What of a layer a state asks for, as the parameters of its addresses.
export function askedOf(layer, state) {
  const asked = { ...state.filter?.[layer.id] };
  const value = state.chosen[layer.id];
  if (value !== undefined && layer.facet) asked[layer.facet.name] = value;
  const span = state.time?.[layer.id];
  if (span) asked.datetime = span.join("/");
  return asked;
}

export function tilesOf(layer, state) {
  const kept = layer.facet ? layer.facet.values.find((one) => one.value === state.chosen[layer.id])?.tiles : layer.kept;
  if (kept && !isNarrowed(layer, state)) return [`${location.origin}${kept}`];
  const query = new URLSearchParams(askedOf(layer, state));
  return [`${location.origin}${layer.tiles}${query.size ? `?${query}` : ""}`];
}

export function buildStyle(catalogue, state, tokens) {
  const { layers } = catalogue;
  const sources = {};
  const joint = layers.filter((layer) => layer.joint);
  if (joint.length) {
    const query = `?collections=${joint.map((layer) => layer.id)}`;
    const tiles = [`${location.origin}${catalogue.jointTiles}${query}`];
    sources[JOINT] = { type: "vector", tiles, maxzoom: DEEPEST };
  }
  for (const layer of layers) {
    const { minzoom } = layer;
    sources[layer.id] = { type: "vector", tiles: tilesOf(layer, state), minzoom, maxzoom: DEEPEST };
    if (layer.labels) sources[`labels:${layer.id}`] = { type: "geojson", data: points(layer.labels) };
  }
  const rank = ranks(layers, state);
  const drawn = layers
    .flatMap((layer) => drawings(layer, state, tokens, localeOf(catalogue.language)))
    .map((spec) => ({ spec: seen(spec, state), rank: rank(spec.metadata.layer, spec.metadata.part) }))
    .sort((one, other) => one.rank - other.rank)
    .map(({ spec }) => spec);
  const water = { id: "water", type: "background", paint: { "background-color": tokens.water } };
  return { version: 8, sources, layers: [water, ...drawn] };
}

// The city's own ground is always there. The names of areas come apart from their tiles: of a layer
// that is narrowed they would name what is not shown.
export function isVisible({ layer, always, apart }, state) {
  if (always) return true;
  return [...state.on].includes(layer) && !(apart && isNarrowed({ id: layer }, state));
}

// The opacities of a part, as a person weakened its layer.
export function opacities({ metadata: { layer, always, solid } }, state) {
  const by = always ? 1 : state.opacity?.[layer] ?? 1;
  return Object.entries(solid).map(([name, value]) => [name, typeof value === "number" ? value * by : ["*", by, value]]);
}

function seen(spec, state) {
  const visibility = isVisible(spec.metadata, state) ? "visible" : "none";
  return { ...spec, layout: { ...spec.layout, visibility }, paint: { ...spec.paint, ...Object.fromEntries(opacities(spec, state)) } };
}

const OPACITIES = {
  fill: ["fill-opacity"], line: ["line-opacity"], circle: ["circle-opacity", "circle-stroke-opacity"], symbol: ["text-opacity"],
};

function drawings(layer, state, tokens, locale) {
  const { style } = layer;
  const source = sourceOf(layer, state);
  const colour = colourOf(style, tokens);
  const found = [];
  const add = (part, type, paint, more = {}) => {
    const { always, ...rest } = more;
    const from = rest.source ? {} : { source, "source-layer": layer.id };
    const solid = Object.fromEntries(OPACITIES[type].map((name) => [name, paint[name] ?? 1]));
    found.push({
      id: `${layer.id}:${part}`, type, ...from, paint,
      minzoom: layer.minzoom, maxzoom: Math.min(layer.maxzoom + 1, 24),
      metadata: { layer: layer.id, part, always, apart: Boolean(rest.source), solid }, ...rest,
    });
  };

  if (style.kind === "line" && layer.area) {
    // The city's own ground is always there; under other outlines it only catches the tap.
    const paint = { "fill-color": tokens.land, "fill-opacity": layer.ground ? 1 : 0, "fill-antialias": false };
    add("ground", "fill", paint, { always: layer.ground });
  }
  if (style.kind === "fill") {
    const hollow = style.classes.filter((one) => one.pattern === "hollow");
    const filled = hollow.length ? { filter: ["!", ["any", ...hollow.map(isOf(style))]] } : {};
    add("fill", "fill", { "fill-color": colour, "fill-opacity": style.opacity, "fill-antialias": false }, filled);
    for (const one of style.classes.filter((one) => one.pattern === "hatch")) {
      const filter = isOf(style)(one);
      add(`hatch:${one.value}`, "fill", { "fill-pattern": `hatch:${tokens.hatch}` }, { filter });
    }
    add("outline", "line", { "line-color": colour, "line-width": widths(0.4, 1.6) });
  }
  if (style.kind === "line") {
    const fine = layer.minzoom > 0; // what begins close in is drawn finer
    const paint = { "line-color": colour, "line-width": fine ? widths(0.5, 1.8) : widths(1, 3) };
    add("line", "line", paint, { layout: { "line-join": "round", "line-cap": "round" } });
  }
  if (style.kind === "circle") {
    add("circle", "circle", circle(style, colour, tokens), { layout: { "circle-sort-key": priority(style) } });
  }
  if (style.label) addLabel(layer, tokens, locale, add);
  if (isCounted(layer)) addMany(layer, { colour, tokens, locale, font: FONT }, add, [...found]);
  return found;
}

function circle(style, colour, tokens) {
  const hollow = ["any", ...style.classes.filter((one) => one.pattern).map(isOf(style))];
  return {
    "circle-color": ["case", hollow, tokens.halo, colour],
    "circle-stroke-color": ["case", hollow, colour, tokens.halo],
    "circle-stroke-width": ["interpolate", ["linear"], ["zoom"],
      10, ["case", hollow, 1.5, 0.5], 14, ["case", hollow, 2.5, 1.25]],
    "circle-radius": radius(style),
  };
}

function addLabel(layer, tokens, locale, add) {
  const property = layer.properties.find((one) => one.name === layer.style.label);
  const paint = { "text-color": tokens.text, "text-halo-color": tokens.halo, "text-halo-width": 1.6 };
  const layout = { "text-font": FONT, "text-max-width": 8, "text-padding": 3 };
  if (layer.area) {
    const own = layer.labels ? { source: `labels:${layer.id}` } : {};
    const few = layer.labels && layer.labels.length <= 12; // their names stand out among many
    Object.assign(layout, {
      "text-field": layer.labels ? ["get", "text"] : labelText(property, locale),
      "text-size": few ? 14 : 11.5,
      "text-letter-spacing": few ? 0.03 : 0,
    });
    const from = few ? layer.minzoom : Math.max(layer.minzoom, 12);
    add("area-label", "symbol", paint, { layout, minzoom: from, ...own });
  } else {
    Object.assign(layout, {
      "text-field": labelText(property, locale), "text-size": 12,
      "text-variable-anchor": ["left", "right", "top", "bottom"], "text-justify": "auto",
      "text-radial-offset": layer.style.kind === "circle" ? 0.4 + layer.style.radius / 12 : 0,
    });
    add("point-label", "symbol", paint, { layout, minzoom: Math.max(layer.minzoom, 11.5) });
  }
}

function labelText(property, locale) {
  const value = ["get", property.name];
  const number = (digits) => ["number-format", value, { locale, "max-fraction-digits": digits }];
  const names = Object.entries(property.values).flat();
  if (names.length) return ["match", ["to-string", value], ...names, ["to-string", value]];
  switch (property.format) {
    case "rupiah": return ["concat", "Rp\u00a0", number(0)];
    case "percent": return ["concat", number(1), "\u00a0%"];
    case "area": return ["concat", number(0), "\u00a0m²"];
    case "number": return number(2);
    default: return ["to-string", value];
  }
}

function points(labels) {
  const features = labels.map(([lon, lat, text]) => ({
    type: "Feature", properties: { text }, geometry: { type: "Point", coordinates: [lon, lat] },
  }));
  return { type: "FeatureCollection", features };
}

const widths = (far, near) => ["interpolate", ["linear"], ["zoom"], 10, far, 16, near];

const radius = ({ radius: r }, more = 0) => ["interpolate", ["linear"], ["zoom"],
  9, r * 0.3 + more, 12, r * 0.7 + more, 15, r * 1.25 + more, 19, r * 2 + more];

// The outline around the one feature whose card is open, drawn over its neighbours.
export function markOf({ layer, source, fid }, tokens) {
  const paint = layer.style.kind === "circle"
    ? { "circle-radius": radius(layer.style, 2), "circle-color": "transparent", "circle-stroke-color": tokens.selected, "circle-stroke-width": 3 }
    : { "line-color": tokens.selected, "line-width": widths(2.5, 4) };
  const type = layer.style.kind === "circle" ? "circle" : "line";
  return { id: "mark", type, source, "source-layer": layer.id, filter: ["==", ["id"], fid], paint };
}
