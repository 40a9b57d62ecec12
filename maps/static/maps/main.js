// The map page: the server has written the panel, the catalogue and the words; this brings them alive.

import { createCards } from "./card.js";
import { createFormat } from "./format.js";
import { createInspector } from "./inspect.js";
import { applyState, createMap, readTokens, wholeCity } from "./map.js";
import { createNotices } from "./notices.js";
import { createPanel } from "./panel.js";
import { createSheet } from "./sheet.js";
import { keepAcrossPages, readState, writeState } from "./state.js";

const byId = (id) => document.getElementById(id);
const catalogue = JSON.parse(byId("catalogue").textContent);
const words = JSON.parse(byId("words").textContent);
const { layers } = catalogue;

const state = readState(layers);
const notices = createNotices(byId("pill"), byId("toast"), words);
const sheet = createSheet(byId("panel"), byId("grip"), words);
const panel = createPanel(byId("layers"), catalogue, state, words, { onChange, tokens: readTokens() });
keepAcrossPages(document.querySelector(".language"), byId("login"));

let map;
let inspector;

function onChange() {
  if (!map) return;
  inspector.close();
  applyState(map, layers, state);
  writeState(layers, state, map);
}

function sayWhatIsMissing() {
  panel.showZoom(map.getZoom());
  if (catalogue.empty) notices.tellNothing();
  else if (!state.on.size) notices.tell(words.nothingOn);
  else if (inspector.nothingDrawn()) notices.tell(words.nothingHere, { label: words.wholeCity, act: seeAll });
  else notices.tellNothing();
}

const seeAll = () => map.fitBounds(catalogue.bounds, wholeCity());

try {
  map = await createMap(byId("map"), catalogue, state, words, notices);
} catch {
  byId("map").dataset.state = "failed";
  notices.fail(words.notSupported);
}

if (map) {
  const format = createFormat(catalogue, words);
  const cards = createCards({ words, format, swatchOf: panel.swatchOf });
  const slot = byId("card-slot");
  inspector = createInspector({ map, layers, state, words, cards, sheet, panel: byId("panel"), slot, notices });
  map.on("idle", sayWhatIsMissing);
  // The first view is everyone's: only what was chosen afterwards is worth an address.
  map.once("idle", () => map.on("moveend", () => writeState(layers, state, map)));
  map.on("error", ({ sourceId }) => {
    if (sourceId) notices.fail(words.tilesFailed, () => map.refreshTiles(sourceId));
  });
  addEventListener("hashchange", () => {
    const { view, ...asked } = readState(layers);
    Object.assign(state, asked);
    panel.showState();
    applyState(map, layers, state);
    if (view) map.jumpTo(view);
  });
  document.querySelector(".skip").addEventListener("click", (event) => {
    event.preventDefault();
    map.getCanvas().focus();
  });
}
