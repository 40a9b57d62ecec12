// The tools over the map: share, print, download, base map. What each needs comes when it is asked for.

import { BASES, baseOf, showBase } from "./basemap.js";
import { fragmentOf, writeState } from "./state.js";
import { readTokens } from "./map.js";

const byId = (id) => document.getElementById(id);

export function startTools({ map, state, catalogue, words, notices, format }) {
  const root = document.querySelector(".tools[data-print]");
  const { layers } = catalogue;
  const seen = () => {
    const zoom = map.getZoom();
    const on = new Set(state.on);
    return layers.filter((layer) => on.has(layer.id) && zoom >= layer.minzoom && zoom < layer.maxzoom + 1);
  };
  const acts = {
    async share() {
      const { openShare } = await import("./share.js");
      const restricted = layers.filter((layer) => layer.restricted && [...state.on].includes(layer.id)).map(({ title }) => title);
      const fragment = fragmentOf(layers, state, map);
      await openShare({ dialog: byId("share-dialog"), words, fragment, title: document.title, restricted });
    },
    print() {
      const box = map.getBounds();
      const bbox = [box.getWest(), box.getSouth(), box.getEast(), box.getNorth()].map((one) => one.toFixed(6));
      const { clientWidth, clientHeight } = map.getContainer();
      const query = new URLSearchParams({ bbox, turned: clientWidth >= clientHeight ? "landscape" : "portrait" });
      location.assign(`${root.dataset.print}?${query}#${fragmentOf(layers, state, map)}`);
    },
    async download() {
      const { openDownload } = await import("./download.js");
      await openDownload({ dialog: byId("download-dialog"), words, catalogue, state, layers: seen(), box: map.getBounds(), format });
    },
  };
  for (const button of root.querySelectorAll("[data-tool]")) {
    button.addEventListener("click", async () => {
      button.setAttribute("aria-busy", "true");
      try {
        await acts[button.dataset.tool]();
      } catch {
        notices.fail(words.toolFailed);
      }
      button.removeAttribute("aria-busy");
    });
  }
  for (const dialog of document.querySelectorAll("dialog.tool-dialog")) {
    // A press beside it closes it, as Escape does.
    dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  }
  startBase({ map, state, layers });
}

function startBase({ map, state, layers }) {
  const choice = byId("base-choice");
  const attribution = byId("base-attribution");
  const show = () => {
    showBase(map, state, readTokens());
    const known = BASES.includes(state.base) ? state.base : "";
    if (choice) choice.value = known;
    if (attribution) attribution.textContent = baseOf(state)?.attribution ?? "";
  };
  choice?.addEventListener("change", () => {
    state.base = choice.value;
    show();
    writeState(layers, state, map, { step: true });
  });
  addEventListener("hashchange", () => queueMicrotask(show));
  map.on("styledata", show);
  show();
}
