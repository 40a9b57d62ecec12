// The list of layers: finding one, switches, the value shown of a faceted layer, what is narrowed,
// what a layer is. What few people open is loaded when they do.

import { legible } from "./classes.js";
import { element } from "./element.js";
import { inserted } from "./stack.js";

export function createPanel(root, catalogue, state, words, { onChange, tokens, format }) {
  const { layers } = catalogue;
  const rows = new Map([...root.querySelectorAll("[data-layer]")].map((row) => [row.dataset.layer, row]));
  const count = document.getElementById("count-on");
  const order = document.getElementById("order");
  const each = (act) => layers.forEach((layer) => act(layer, rows.get(layer.id)));
  const tools = { catalogue, state, words, format, changed, onChange };
  const opened = []; // what was loaded later, and shows the state as well

  function changed(how) {
    showState();
    onChange(how);
  }

  async function load(module, act, holder) {
    try {
      opened.push(act(await module()));
      showState();
    } catch {
      holder.append(element("p", { class: "notice notice-bad", role: "alert" }, words.partFailed));
    }
  }

  each((layer, row) => {
    row.querySelector("input").addEventListener("change", (event) => {
      if (event.target.checked) state.on = inserted(state.on, layer.id, layers);
      else state.on = state.on.filter((id) => id !== layer.id);
      changed();
    });
    row.querySelector(".facet select")?.addEventListener("change", (event) => {
      state.chosen[layer.id] = event.target.value;
      changed();
    });
    const about = row.querySelector(".about-button");
    const options = row.querySelector(".layer-options");
    about.addEventListener("click", () => {
      const opening = about.getAttribute("aria-expanded") !== "true";
      about.setAttribute("aria-expanded", opening);
      row.querySelector(".layer-about").hidden = !opening;
      if (!opening || options.dataset.loaded) return;
      options.dataset.loaded = "yes";
      load(() => import("./options.js"), ({ createOptions }) => createOptions(layer, options, tools), options);
    });
    for (const shape of row.querySelectorAll(".swatch [data-thin]")) {
      const colour = shape.dataset.thin;
      shape.setAttribute(shape.getAttribute("fill") === "none" ? "stroke" : "fill", legible(colour, tokens));
    }
  });

  order.addEventListener("toggle", () => {
    const list = order.querySelector("ol");
    if (!order.open || list.dataset.loaded) return;
    list.dataset.loaded = "yes";
    load(() => import("./order.js"), ({ createOrder }) => createOrder(list, tools), order);
  });

  // -- finding a layer

  const search = document.getElementById("layer-search");
  const plain = (text) => text.toLocaleLowerCase(catalogue.language).normalize("NFD").replace(/\p{M}/gu, "");
  const told = new Map(layers.map((one) => [one.id, plain([one.title, one.themeTitle, one.owner, one.description].join(" "))]));
  function find() {
    const asked = plain(search.value).split(/\s+/).filter(Boolean);
    each(({ id }, row) => { row.hidden = !asked.every((word) => told.get(id).includes(word)); });
    for (const theme of root.querySelectorAll(".theme")) theme.hidden = !theme.querySelector(".layer:not([hidden])");
    document.getElementById("layers-missing").hidden = !asked.length || Boolean(root.querySelector(".layer:not([hidden])"));
  }
  search.addEventListener("input", find);

  // -- what is narrowed, as chips that take it back

  function chip(text, label, undo) {
    return element("button", { class: "filter-chip", type: "button", "aria-label": label, onclick: undo },
      text, element("span", { class: "icon icon-close" }));
  }
  function showChips(layer, row) {
    const box = row.querySelector(".layer-chips");
    const chosen = Object.entries(state.filter[layer.id] ?? {});
    const chips = chosen.map(([name, value]) => {
      const property = layer.properties.find((one) => one.name === name);
      const text = `${property.title}: ${format(property, value)}`;
      return chip(text, words.unfilter.replace("%s", text), () => {
        delete state.filter[layer.id][name];
        changed();
        row.querySelector("input").focus();
      });
    });
    box.replaceChildren(...chips);
    box.hidden = !chips.length;
  }

  // The slider of a layer whose values are times, once it is on; the one for the times of rows, once
  // it is opened or the address has chosen one.
  function showTime(layer, row) {
    const holder = row.querySelector(".layer-time");
    const box = holder?.querySelector(".time-box");
    if (state.time[layer.id] && !box?.dataset.loaded) holder.open = true;
    if (!box || box.dataset.loaded || !state.on.includes(layer.id) || holder.open === false) return;
    box.dataset.loaded = "yes";
    load(() => import("./time.js"), ({ createTime }) => createTime(layer, box, tools), box);
  }
  each((layer, row) => row.querySelector("details.layer-time")?.addEventListener("toggle", () => showTime(layer, row)));

  function showState() {
    each((layer, row) => {
      row.querySelector("input").checked = state.on.includes(layer.id);
      const select = row.querySelector(".facet select");
      if (select) select.value = state.chosen[layer.id];
      showChips(layer, row);
      showTime(layer, row);
    });
    count.textContent = words.on.replace("%s", state.on.length);
    for (const one of opened) one.showState();
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
