// The map page: the server has written the panel, the catalogue and the words; this brings them alive.
// What only some people use is loaded when they reach for it.

import { createCards } from "./card.js";
import { createFormat } from "./format.js";
import { createInspector } from "./inspect.js";
import { applyState, createMap, isOutside, readTokens, wholeCity } from "./map.js";
import { createNotices } from "./notices.js";
import { createPanel } from "./panel.js";
import { createSheet } from "./sheet.js";
import { keepAcrossPages, readState, sidesOf, writeState } from "./state.js";

const byId = (id) => document.getElementById(id);
const catalogue = JSON.parse(byId("catalogue").textContent);
const words = JSON.parse(byId("words").textContent);
const { layers } = catalogue;

const state = readState(layers);
const format = createFormat(catalogue, words);
const notices = createNotices(byId("pill"), byId("toast"), words);
const sheet = createSheet(byId("panel"), byId("grip"), words);
const panel = createPanel(byId("layers"), catalogue, state, words, { onChange, format, tokens: readTokens() });
keepAcrossPages(document.querySelector(".language"), byId("login"));

let map;
let inspector;
let comparison = null; // what draws the other side, once it was asked for

// The map shows the state; of a comparison its left side.
function show() {
  applyState(map, layers, state.compare ? sidesOf(state)[0] : state);
  if (state.compare && !comparison) openComparison();
  comparison?.showState();
}

function onChange({ step = true } = {}) {
  if (!map) return;
  inspector.close();
  show();
  writeState(layers, state, map, { step });
}

function changed(how) {
  panel.showState();
  onChange(how);
}

function sayWhatIsMissing() {
  panel.showZoom(map.getZoom());
  if (inspector.isPaused()) return; // a tool is speaking
  if (!navigator.onLine) notices.tell(words.offline);
  else if (catalogue.empty) notices.tellNothing();
  else if (!state.on.length) notices.tell(words.nothingOn);
  else if (inspector.nothingDrawn()) notices.tell(words.nothingHere, { label: words.wholeCity, act: seeAll });
  else notices.tellNothing();
}

const seeAll = () => map.fitBounds(catalogue.bounds, wholeCity());

try {
  map = await createMap(byId("map"), catalogue, state.compare ? { ...sidesOf(state)[0], view: state.view } : state, words, notices);
} catch {
  byId("map").dataset.state = "failed";
  notices.fail(words.notSupported);
}

// -- what is loaded when it is reached for

function lazily(load) {
  let loading;
  return async (...given) => {
    loading ??= load();
    try {
      return (await loading)(...given);
    } catch (error) {
      console.error(error);
      loading = undefined;
      return notices.fail(words.partFailed);
    }
  };
}

const tools = { map, state, catalogue, words, notices, format, changed };

const openComparison = lazily(async () => {
  const { createComparison } = await import("./compare.js");
  comparison = createComparison({ ...tools, inspector, button: byId("compare") });
  return () => comparison.showState();
});

function startOwnTools() {
  const measure = lazily(async () => {
    const { createMeasuring } = await import("./measure.js");
    return createMeasuring({ ...tools, inspector });
  });
  for (const button of document.querySelectorAll("[data-measure]")) button.addEventListener("click", () => measure(button));
  const compare = lazily(async () => {
    if (!comparison) await openComparison();
    return comparison.toggle;
  });
  byId("compare").addEventListener("click", () => compare());

  const box = byId("place-search");
  const search = lazily(async () => {
    const { createPlaces } = await import("./places.js");
    const open = createPlaces(box, { ...tools, inspector });
    return () => open();
  });
  box.addEventListener("focus", () => search(), { once: true });
  addEventListener("keydown", (event) => {
    const typing = event.target.matches?.("input, textarea, select, [contenteditable]");
    if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    box.focus();
    box.select();
  });
}

if (map) {
  const cards = createCards({ words, format, swatchOf: panel.swatchOf });
  const slot = byId("card-slot");
  inspector = createInspector({ map, layers, state, words, cards, sheet, panel: byId("panel"), slot, notices });
  map.on("idle", sayWhatIsMissing);
  // The first view is everyone's: only what was chosen afterwards is worth an address.
  map.once("idle", () => map.on("moveend", () => writeState(layers, state, map)));
  map.on("error", ({ sourceId }) => {
    if (!navigator.onLine) notices.tell(words.offline);
    else if (sourceId) notices.fail(words.tilesFailed, () => map.refreshTiles(sourceId));
  });
  addEventListener("offline", sayWhatIsMissing);
  addEventListener("online", () => {
    for (const id of Object.keys(map.getStyle().sources)) if (map.getSource(id).type === "vector") map.refreshTiles(id);
    sayWhatIsMissing();
  });
  map.on("located", ({ place }) => {
    if (isOutside(place, catalogue.bounds)) notices.fail(words.outsideCity, { label: words.wholeCity, act: seeAll });
  });
  addEventListener("hashchange", () => {
    const { view, ...asked } = readState(layers);
    Object.assign(state, asked);
    panel.showState();
    inspector.close();
    show();
    if (view) map.jumpTo(view);
  });
  document.querySelector(".skip").addEventListener("click", (event) => {
    event.preventDefault();
    map.getCanvas().focus();
  });
  startOwnTools();
  if (state.compare) show();
  if (document.querySelector("#map-tools [data-tool]")) {
    import("./tools.js").then(({ startTools }) => startTools(tools)).catch(() => notices.fail(words.partFailed));
  }
}
