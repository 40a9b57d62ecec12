// The map in a frame of another site: what everybody may see, a legend, the way to the portal.

import { baseOf, showBase } from "./basemap.js";
import { legible } from "./classes.js";
import { startMap } from "./portal_map.js";
import { applyState, readTokens } from "./map.js";
import { readState } from "./state.js";

const byId = (id) => document.getElementById(id);
const read = (id) => JSON.parse(byId(id).textContent);
const [catalogue, words] = [read("catalogue"), read("words")];
const { layers } = catalogue;
const state = readState(layers);
const usual = { bounds: catalogue.bounds, fitBoundsOptions: { padding: 16, maxZoom: 15 } };

function explain(zoom) {
  const on = new Set(state.on);
  for (const layer of layers) {
    const row = document.querySelector(`[data-layer="${layer.id}"]`);
    row.hidden = !on.has(layer.id) || zoom < layer.minzoom || zoom >= layer.maxzoom + 1;
  }
  byId("whole").href = `/${location.hash}`;
  byId("base-attribution").textContent = baseOf(state)?.attribution ?? "";
}

for (const shape of document.querySelectorAll(".swatch [data-thin]")) {
  shape.setAttribute(shape.getAttribute("fill") === "none" ? "stroke" : "fill", legible(shape.dataset.thin, readTokens()));
}

const { map } = await startMap({ catalogue, words, state: { ...state, view: state.view ?? usual } });
if (map) {
  const base = () => showBase(map, state, readTokens());
  map.on("styledata", base);
  base();
  // A page that holds this frame is scrolled over it: the wheel alone does not move the map.
  map.cooperativeGestures.enable();
  explain(map.getZoom());
  map.on("moveend", () => explain(map.getZoom()));
  addEventListener("hashchange", () => {
    const { view, ...asked } = readState(layers);
    Object.assign(state, asked);
    applyState(map, layers, state);
    base();
    if (view) map.jumpTo(view);
    explain(map.getZoom());
  });
}
