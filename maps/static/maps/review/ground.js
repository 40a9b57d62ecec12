// The map of the workbench: the portal's own map and style, with what is ours drawn on it again
// whenever the style is built anew.

import { readTokens } from "../map.js";
import { startMap } from "../portal_map.js";

export const byId = (id) => document.getElementById(id);
export const read = (id) => JSON.parse(byId(id).textContent);
export const EMPTY = { type: "FeatureCollection", features: [] };

export async function createGround({ under, words, on, view, draw }) {
  const state = { on: new Set(on), chosen: {}, view };
  const started = await startMap({ catalogue: under, words, state, draw: (map) => draw(map, readTokens()) });
  return { ...started, state };
}

// What is ours lies under the names.
export function under(map) {
  return map.getLayersOrder().find((id) => map.getLayer(id).type === "symbol" && id.includes(":"));
}

export function boundsOf(geometry) {
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  const walk = (value) => {
    if (typeof value[0] !== "number") { value.forEach(walk); return; }
    box[0] = Math.min(box[0], value[0]); box[1] = Math.min(box[1], value[1]);
    box[2] = Math.max(box[2], value[0]); box[3] = Math.max(box[3], value[1]);
  };
  if (geometry.coordinates?.length) walk(geometry.coordinates);
  return box;
}
