// The list of layers: switches, the value shown of a faceted layer, what a layer is.

import { legible } from "./classes.js";

export function createPanel(root, catalogue, state, words, { onChange, tokens }) {
  const rows = new Map([...root.querySelectorAll("[data-layer]")].map((row) => [row.dataset.layer, row]));
  const count = document.getElementById("count-on");
  const each = (act) => catalogue.layers.forEach((layer) => act(layer, rows.get(layer.id)));

  each((layer, row) => {
    row.querySelector("input").addEventListener("change", (event) => {
      state.on[event.target.checked ? "add" : "delete"](layer.id);
      showState();
      onChange();
    });
    row.querySelector("select")?.addEventListener("change", (event) => {
      state.chosen[layer.id] = event.target.value;
      onChange();
    });
    const about = row.querySelector(".about-button");
    about.addEventListener("click", () => {
      const opening = about.getAttribute("aria-expanded") !== "true";
      about.setAttribute("aria-expanded", opening);
      row.querySelector(".layer-about").hidden = !opening;
    });
    for (const shape of row.querySelectorAll(".swatch [data-thin]")) {
      const colour = shape.dataset.thin;
      shape.setAttribute(shape.getAttribute("fill") === "none" ? "stroke" : "fill", legible(colour, tokens));
    }
  });

  function showState() {
    each((layer, row) => {
      row.querySelector("input").checked = state.on.has(layer.id);
      const select = row.querySelector("select");
      if (select) select.value = state.chosen[layer.id];
    });
    count.textContent = words.on.replace("%s", state.on.size);
  }

  // A layer that begins closer in is on, but not to be seen yet: say so where it is switched.
  function showZoom(zoom) {
    each((layer, row) => {
      const hint = row.querySelector(".layer-hint");
      hint.hidden = zoom >= layer.minzoom;
      hint.textContent = hint.hidden ? "" : words.zoomIn;
    });
  }

  // The swatch that the legend gives to a feature, for use where that feature is told of.
  function swatchOf(layer, values) {
    const row = rows.get(layer.id);
    const found = layer.style.by
      ? row.querySelectorAll(".legend .swatch")[lineOf(layer, values[layer.style.by] ?? null)]
      : row.querySelector(".layer-title .swatch");
    return found?.cloneNode(true) ?? null;
  }

  function lineOf({ legend, style }, value) {
    if (style.scale === "category") return legend.findIndex((line) => line.values.includes(value && String(value)));
    if (value === null) return legend.findIndex((line) => line.value === null);
    return legend.findLastIndex((line) => line.value !== null && line.value <= value);
  }

  showState();
  return { showState, showZoom, swatchOf };
}
