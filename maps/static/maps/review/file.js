// One file: its map and its panel, the tools, the keys.

import { applyState } from "../map.js";
import { createSheet, isPhone } from "../sheet.js";
import { watchForms } from "./forms.js";
import { byId, createGround, read } from "./ground.js";
import { listen } from "./keys.js";
import { drawPicture, showOwn } from "./picture.js";
import { createPieces } from "./pieces.js";
import { createTools } from "./tools.js";

const KEPT = "review-layers"; // what is switched on goes from file to file
const [ground, words, picture] = [read("under"), read("words"), read("picture")];
const sheet = createSheet(byId("panel"), byId("grip"), words);
const shown = kept();
const own = { off: new Set(shown.off), roles: ground.roles };

function kept() {
  const usual = { on: [...ground.layers.filter((one) => one.ground).map(({ id }) => id), ground.roles.zones, ground.roles.files], off: [] };
  try { return { ...usual, ...JSON.parse(sessionStorage.getItem(KEPT)) }; } catch { return usual; }
}

const [west, south, east, north] = picture.bounds;
const around = () => ({ bounds: [west, south, east, north], fitBoundsOptions: { padding: room(), maxZoom: 18 } });
function room() {
  const { clientWidth, clientHeight } = byId("map");
  const side = Math.min(clientWidth, clientHeight) * 0.22;
  const below = isPhone() ? sheet.covered() + 24 : side;
  return { top: isPhone() ? 48 : side, bottom: below, left: isPhone() ? 48 : side, right: isPhone() ? 56 : side };
}

if (isPhone()) sheet.open();
let tools = null;
watchForms(words);
const { map, notices, state } = await createGround({
  under: ground, words, on: shown.on, view: around(), draw: (made, tokens) => drawPicture(made, tokens, picture, own),
});

listen({
  "[": () => byId("previous").click(), "]": () => byId("next").click(),
  u: () => byId("up").click(), p: () => byId("print").click(),
  l: () => { sheet.open(); (byId("steps").querySelector("summary, button:not([disabled])") ?? byId("panel-body")).focus(); },
  m: () => tools?.measure(),
});


if (map) {
  const pieces = createPieces(map, picture, ground.roles);
  tools = createTools(map, { words, notices, picture, language: ground.language, onBusy: (busy) => map.getContainer().classList.toggle("drawing", busy) });

  const keep = () => sessionStorage.setItem(KEPT, JSON.stringify({ on: [...state.on], off: [...own.off] }));
  for (const box of document.querySelectorAll("[data-layer]")) {
    box.checked = state.on.has(box.dataset.layer);
    box.addEventListener("change", () => {
      state.on[box.checked ? "add" : "delete"](box.dataset.layer);
      applyState(map, ground.layers, state);
      keep();
    });
  }
  for (const box of document.querySelectorAll("[data-own]")) {
    box.checked = !own.off.has(box.dataset.own);
    box.addEventListener("change", () => {
      own.off[box.checked ? "delete" : "add"](box.dataset.own);
      showOwn(map, own);
      keep();
    });
  }
  byId("fit").addEventListener("click", () => { const { bounds, fitBoundsOptions } = around(); map.fitBounds(bounds, fitBoundsOptions); });

  map.on("mousemove", ({ point }) => {
    if (tools.busy() || map.isMoving()) return;
    const row = pieces.rowAt(point);
    map.getCanvas().style.cursor = row ? "pointer" : "";
    pieces.touch(row);
  });
  map.getCanvas().addEventListener("mouseleave", () => { if (!tools.busy()) pieces.touch(null); });
  map.on("click", ({ point }) => {
    if (tools.busy()) return;
    const row = pieces.rowAt(point, isPhone() ? 14 : 5);
    if (!row) return;
    sheet.open();
    row.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  });

  const swipe = byId("swipe-button");
  if (swipe) {
    const { createSwipe } = await import("./swipe.js");
    const made = createSwipe(map, { ground, sides: read("sides"), words });
    const toggle = (options) => swipe.setAttribute("aria-pressed", made.toggle(options));
    swipe.addEventListener("click", () => toggle());
    map.once("idle", () => toggle({ focus: false })); // who asked to compare sees it
  }
}

// The section that is being read is marked in the list of sections.
const links = new Map([...document.querySelectorAll(".sections a")].map((one) => [one.hash.slice(1), one]));
const seen = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) links.get(target.id)?.toggleAttribute("data-seen", isIntersecting);
}, { root: byId("panel-body"), rootMargin: "-20% 0px -60% 0px" });
for (const id of links.keys()) { const section = byId(id); if (section) seen.observe(section); }

if (byId("panel-body").querySelector("[aria-invalid], .field-fault")) {
  sheet.open();
  byId("panel-body").querySelector(".field-fault, .notice-bad[role=alert]")?.scrollIntoView({ block: "center" });
}
