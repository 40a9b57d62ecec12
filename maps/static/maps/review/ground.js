// The map of the workbench: the portal's own map and style, with what is ours drawn on it again
// whenever the style is built anew.

import { createMap, readTokens } from "../map.js";
import { createNotices } from "../notices.js";

export const byId = (id) => document.getElementById(id);
export const read = (id) => JSON.parse(byId(id).textContent);
export const EMPTY = { type: "FeatureCollection", features: [] };

export async function createGround({ under, words, on, view, draw }) {
  const box = byId("map");
  const notices = createNotices(byId("pill"), byId("toast"), words);
  const state = { on: new Set(on), chosen: {}, view };
  let map;
  try {
    map = await createMap(box, under, state, words, notices);
  } catch {
    box.dataset.state = "failed";
    notices.fail(words.notSupported);
    return { notices, state };
  }
  map.on("error", ({ sourceId, error }) => {
    if (sourceId && !String(error?.message).includes("GeoJSON")) notices.fail(words.tilesFailed, () => map.refreshTiles(sourceId));
  });
  const again = () => draw(map, readTokens());
  map.on("styledata", again);
  if (map.isStyleLoaded()) again();
  return { map, notices, state };
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
