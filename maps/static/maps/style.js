// From the declaration of a layer to MapLibre sources and style layers. Every style layer says in its
// metadata which layer of the portal it draws.

import { localeOf } from "./format.js";

const FONT = ["Portal Semibold"]; // the page's own face, drawn by the browser: no glyph files
const DEEPEST = 16; // closer in, tiles of this zoom are enlarged: 15 cm are fine enough
const JOINT = "shown"; // the layers of the first view come in one tile, not in one request each

// What is drawn over what.
const ORDER = ["ground", "fill", "hatch", "outline", "line", "circle", "area-label", "point-label"];

export const sourceOf = (layer) => (layer.shown && !layer.facet ? JOINT : layer.id);

export function tilesOf(layer, state) {
  const value = state.chosen[layer.id];
  const query = value === undefined ? "" : `?${new URLSearchParams({ [layer.facet.name]: value })}`;
  return [`${location.origin}${layer.tiles}${query}`];
}

export function buildStyle(catalogue, state, tokens) {
  const sources = {};
  const joint = catalogue.layers.filter((layer) => sourceOf(layer) === JOINT);
  if (joint.length) {
    const query = `?collections=${joint.map((layer) => layer.id)}`;
    const tiles = [`${location.origin}${catalogue.jointTiles}${query}`];
    sources[JOINT] = { type: "vector", tiles, maxzoom: DEEPEST };
  }
  for (const layer of catalogue.layers) {
    if (sourceOf(layer) !== JOINT) {
      const { minzoom } = layer;
      sources[layer.id] = { type: "vector", tiles: tilesOf(layer, state), minzoom, maxzoom: DEEPEST };
    }
    if (layer.labels) sources[`labels:${layer.id}`] = { type: "geojson", data: points(layer.labels) };
  }
  const drawn = catalogue.layers
    .flatMap((layer, place) => drawings(layer, tokens, localeOf(catalogue.language), place))
    .sort((one, other) => one.rank - other.rank)
    .map(({ spec }) => withVisibility(spec, state));
  const water = { id: "water", type: "background", paint: { "background-color": tokens.water } };
  return { version: 8, sources, layers: [water, ...drawn] };
}

export const isVisible = ({ layer, always }, state) => Boolean(always) || state.on.has(layer);

function withVisibility(spec, state) {
  const visibility = isVisible(spec.metadata, state) ? "visible" : "none";
  return { ...spec, layout: { ...spec.layout, visibility } };
}

function drawings(layer, tokens, locale, place) {
  const { style } = layer;
  const source = sourceOf(layer);
  const colour = colourOf(style, tokens);
  const found = [];
  const add = (part, type, paint, more = {}) => {
    const { always, ...rest } = more;
    const from = rest.source ? {} : { source, "source-layer": layer.id };
    const spec = {
      id: `${layer.id}:${part}`, type, ...from, paint,
      minzoom: layer.minzoom, maxzoom: Math.min(layer.maxzoom + 1, 24),
      metadata: { layer: layer.id, part, always }, ...rest,
    };
    found.push({ spec, rank: rankOf(part, layer, place) });
  };

  if (style.kind === "line" && layer.area) {
    // The city's own ground is always there; under other outlines it only catches the tap.
    const paint = { "fill-color": tokens.land, "fill-opacity": layer.ground ? 1 : 0, "fill-antialias": false };
    add("ground", "fill", paint, { always: layer.ground });
  }
  if (style.kind === "fill") {
    const hollow = style.classes.filter((one) => one.pattern === "hollow");
    const solid = hollow.length ? { filter: ["!", ["any", ...hollow.map(isOf(style))]] } : {};
    add("fill", "fill", { "fill-color": colour, "fill-opacity": style.opacity, "fill-antialias": false }, solid);
    for (const one of style.classes.filter((one) => one.pattern === "hatch")) {
      const filter = isOf(style)(one);
      add(`hatch:${one.value}`, "fill", { "fill-pattern": `hatch:${tokens.hatch}` }, { filter });
    }
    add("outline", "line", { "line-color": selected(tokens.selected, colour), "line-width": widths(0.4, 1.6) });
  }
  if (style.kind === "line") {
    const fine = layer.minzoom > 0; // what begins close in is drawn finer
    const paint = { "line-color": selected(tokens.selected, colour), "line-width": fine ? widths(0.5, 1.8) : widths(1, 3) };
    add("line", "line", paint, { layout: { "line-join": "round", "line-cap": "round" } });
  }
  if (style.kind === "circle") add("circle", "circle", circle(style, colour, tokens));
  if (style.label) addLabel(layer, tokens, locale, add);
  return found;
}

function rankOf(part, layer, place) {
  const name = part.split(":")[0];
  // Coarse areas lie under fine ones; coarse lines and names lie over fine ones. Among equals the
  // first in the list lies on top, but points on one place are mostly a thing and, later in the
  // list, what was measured there.
  const isFill = ["ground", "fill", "hatch", "outline"].includes(name);
  const isPoint = ["circle", "point-label"].includes(name);
  const fineness = isFill ? layer.minzoom : -layer.minzoom;
  return ORDER.indexOf(name) * 1e6 + fineness * 1e3 + (isPoint ? place : -place);
}

function circle(style, colour, tokens) {
  const hollow = ["any", ...style.classes.filter((one) => one.pattern).map(isOf(style))];
  return {
    "circle-color": ["case", hollow, tokens.halo, colour],
    "circle-stroke-color": selected(tokens.selected, ["case", hollow, colour, tokens.halo]),
    "circle-stroke-width": ["interpolate", ["linear"], ["zoom"],
      10, selected(3, ["case", hollow, 1.5, 0.5]), 14, selected(4, ["case", hollow, 2.5, 1.25])],
    "circle-radius": ["interpolate", ["linear"], ["zoom"],
      9, style.radius * 0.3, 12, style.radius * 0.7, 15, style.radius * 1.25, 19, style.radius * 2],
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

const selected = (value, otherwise) => ["case", ["boolean", ["feature-state", "selected"], false], value, otherwise];

const widths = (far, near) => ["interpolate", ["linear"], ["zoom"],
  10, selected(far + 2, far), 16, selected(near + 2.5, near)];

// -- classes: `by` is absent from a tile where the value is null

const asText = (style) => ["to-string", ["get", style.by]];
const asNumber = (style) => ["to-number", ["get", style.by]];

function colourOf(style, tokens) {
  const paint = (one) => (style.kind === "fill" ? one : legible(one, tokens));
  const valued = style.classes.filter((one) => one.value !== null);
  const none = paint(style.classes.find((one) => one.value === null)?.colour ?? style.colour);
  if (!valued.length) return paint(style.colour);
  const pairs = valued.flatMap((one) => [one.value, paint(one.colour)]);
  const scale = style.scale === "step"
    ? ["step", asNumber(style), ...pairs.slice(1)]
    : ["match", asText(style), ...pairs, paint(style.colour)];
  return ["case", ["has", style.by], scale, none];
}

const isOf = (style) => (one) => {
  if (one.value === null) return ["!", ["has", style.by]];
  if (style.scale === "category") return ["==", asText(style), one.value];
  const next = style.classes.find((other) => other.value !== null && other.value > one.value);
  const above = [">=", asNumber(style), one.value];
  return ["all", ["has", style.by], above, ...(next ? [["<", asNumber(style), next.value]] : [])];
};

// Lines and dots are too thin to be dark on a dark ground: they are brought towards white.
export function legible(colour, tokens) {
  const channels = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  const light = (0.2126 * channels[0] + 0.7152 * channels[1] + 0.0722 * channels[2]) / 255;
  if (!tokens.dark || light > 0.5) return colour;
  return `#${channels.map((one) => Math.round(one + (255 - one) * 0.4).toString(16).padStart(2, "0")).join("")}`;
}
