// The city's own map under a parcel: its boundaries and, where they may be read, the zones of the
// plan in force.

import { LngLatBounds } from "maplibre-gl";
import { applyState } from "../../maps/map.js";
import { startMap } from "../../maps/portal_map.js";

export const read = (id) => JSON.parse(document.getElementById(id).textContent);

const DEEP_ENOUGH = 13; // above it zones are only colours

export async function createBaseMap({ bounds = null, zones = false }) {
  const box = document.getElementById("map");
  const [ground, words] = [read("ground"), read("map-words")];
  const under = zones ? await planOf(box.dataset) : [];
  const catalogue = { ...ground, layers: [...ground.layers, ...under] };
  const view = { bounds: bounds ?? ground.bounds, fitBoundsOptions: { padding: 40, maxZoom: 18 } };
  const on = new Set(catalogue.layers.map((layer) => layer.id));
  const state = { on, chosen: {}, view };
  const { map } = await startMap({ catalogue, words, state, quiet: under.map(({ id }) => id) });
  if (!map) return null;
  const showZones = (shown) => {
    for (const { id } of under) on[shown ? "add" : "delete"](id);
    applyState(map, catalogue.layers, state);
  };
  return { map, showZones: under.length ? showZones : null };
}

async function planOf({ public: address, under }) {
  try {
    const { layers } = await (await fetch(address)).json();
    const wanted = (under ?? "").split(" ");
    return layers.filter(({ id }) => wanted.includes(id))
      .map((layer) => ({ ...layer, minzoom: Math.max(layer.minzoom, DEEP_ENOUGH), style: { ...layer.style, opacity: 0.35 } }));
  } catch {
    return []; // a parcel can be drawn without them
  }
}

export function boundsOf(...shapes) {
  const bounds = new LngLatBounds();
  const walk = (value) => (typeof value[0] === "number" ? bounds.extend(value.slice(0, 2)) : value.forEach(walk));
  for (const shape of shapes) if (shape) walk(shape.coordinates);
  return bounds.isEmpty() ? null : bounds.toArray();
}
