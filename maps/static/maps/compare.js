// Two values of a layer, two times of it, or two layers side by side: a second map lies over the first
// and is cut at a divider.

import { Map as PortalMap } from "maplibre-gl";
import { createDivider } from "./divider.js";
import { element } from "./element.js";
import { offerHatches } from "./hatch.js";
import { applyState, readTokens } from "./map.js";
import { readSpan, sidesOf } from "./state.js";
import { inserted } from "./stack.js";
import { buildStyle } from "./style.js";

export function createComparison({ map, state, catalogue, words, changed, inspector, button }) {
  const { layers } = catalogue;
  const frame = map.getContainer().parentElement;
  const titleOf = (id) => layers.find((one) => one.id === id).title;
  let open = null; // { right, divider, titles, box, end }

  // -- the second map

  function show() {
    const box = element("div", { class: "swipe-map", "aria-hidden": "true" });
    const titles = [0, 1].map((at) => element("p", { class: `swipe-title swipe-title-${at}` }));
    frame.append(box, ...titles);
    const tokens = readTokens();
    const right = new PortalMap({
      container: box, style: buildStyle(catalogue, sidesOf(state)[1], tokens), center: map.getCenter(), zoom: map.getZoom(),
      bearing: map.getBearing(), interactive: false, attributionControl: false, fadeDuration: 0, refreshExpiredTiles: false,
    });
    offerHatches(right);
    const follow = () => right.jumpTo({ center: map.getCenter(), zoom: map.getZoom(), bearing: map.getBearing() });
    const divider = createDivider(frame, box, {
      label: words.divider, at: state.compare.at,
      onMove: (at) => { state.compare.at = at; },
    });
    const keep = () => changed({ step: false });
    divider.divider.addEventListener("keyup", keep);
    divider.divider.addEventListener("lostpointercapture", keep);
    map.on("move", follow);
    right.on("dataloading", () => { box.dataset.state = "loading"; });
    right.on("idle", () => { box.dataset.state = "ready"; });
    inspector.lookThrough((x) => {
      const [left, other] = sidesOf(state);
      return x > (frame.clientWidth * divider.at()) / 100 ? { map: right, state: other } : { map, state: left };
    });
    const end = () => {
      map.off("move", follow);
      inspector.lookThrough(null);
      right.remove();
      divider.remove();
      for (const one of [box, ...titles]) one.remove();
    };
    return { right, divider, titles, end };
  }

  function name(side) {
    const { mode, layer, with: other } = state.compare;
    if (mode === "layers") return titleOf(side ? other : layer);
    if (mode === "value") {
      const value = side ? other : state.chosen[layer];
      return layers.find((one) => one.id === layer).facet.values.find((one) => one.value === value)?.label ?? value;
    }
    return spanText(side ? readSpan(other) : state.time[layer]);
  }

  const day = new Intl.DateTimeFormat(catalogue.language, { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
  const spanText = (span) => (span ? day.formatRange(...span.map((one) => new Date(one))) : words.timeUnits.all);

  function showState() {
    button.setAttribute("aria-pressed", Boolean(state.compare));
    if (!state.compare) {
      open?.end();
      open = null;
      return;
    }
    if (!open) open = show();
    else applyWhenReady(open.right, sidesOf(state)[1]);
    open.divider.place(state.compare.at);
    open.titles.forEach((title, side) => { title.textContent = name(side); });
  }

  function applyWhenReady(right, side) {
    if (right.getLayersOrder().length) applyState(right, layers, side);
    else right.once("styledata", () => applyState(right, layers, sidesOf(state)[1]));
  }
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    if (open) open.right.setStyle(buildStyle(catalogue, sidesOf(state)[1], readTokens()));
  });

  // -- what to compare

  const option = (value, text) => element("option", { value }, text);
  const field = (label, input) => element("label", { class: "option" }, element("span", {}, label), input);
  let form = null;

  function ask() {
    const drawn = [...layers].filter((one) => !one.ground);
    const varied = drawn.filter((one) => one.facet?.values.length > 1 || (one.timed && !one.facet));
    const what = element("select", {}, ...varied.map((one) => option(one.id, one.title)), drawn.length > 1 ? option("", words.twoLayers) : null);
    const preferred = varied.find(({ id }) => state.on.includes(id)) ?? varied[0];
    if (preferred) what.value = preferred.id;
    const rest = element("div", { class: "option" });
    const choose = () => rest.replaceChildren(...sideFields(what.value, drawn));
    what.addEventListener("change", choose);
    choose();
    form = element("form", { class: "tool-box", "aria-label": words.compare },
      element("h2", {}, words.compare), field(words.compareWhat, what), rest,
      element("div", { class: "option-line" },
        element("button", { class: "button button-main" }, words.compareStart),
        element("button", { class: "button", type: "button", onclick: () => close(true) }, words.cancel)));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      start(what.value, [...rest.querySelectorAll("select, input")].map((one) => one.value));
    });
    form.addEventListener("keydown", (event) => { if (event.key === "Escape") close(true); });
    frame.append(form);
    what.focus();
  }

  function sideFields(id, drawn) {
    const two = (make) => [words.left, words.right].map((label, side) => field(label, make(side)));
    if (!id) {
      const listed = [...drawn].sort((one, other) => state.on.includes(other.id) - state.on.includes(one.id));
      return two((side) => {
        const select = element("select", {}, ...listed.map((one) => option(one.id, one.title)));
        select.selectedIndex = side;
        return select;
      });
    }
    const layer = layers.find((one) => one.id === id);
    if (layer.facet) {
      const { values } = layer.facet;
      return two((side) => {
        const select = element("select", {}, ...values.map((one) => option(one.value, one.label)));
        const chosen = values.findIndex((one) => one.value === state.chosen[id]);
        select.selectedIndex = side ? chosen : (chosen + 1) % values.length;
        return select;
      });
    }
    const { first, last } = layer.timed;
    const middle = new Date((Date.parse(first) + Date.parse(last)) / 2).toISOString().slice(0, 10);
    const date = (value, label) => element("input", { type: "date", value, required: true, "aria-label": label });
    return [[first, middle, words.left], [middle, last, words.right]].map(([from, to, label]) => element("fieldset", { class: "option" },
      element("legend", {}, label), element("div", { class: "option-line" }, date(from, words.from), date(to, words.to))));
  }

  function start(id, given) {
    const at = 50;
    if (!id) {
      if (given[0] === given[1]) return;
      state.compare = { mode: "layers", layer: given[0], with: given[1], at };
    } else {
      if (!state.on.includes(id)) state.on = inserted(state.on, id, layers);
      const layer = layers.find((one) => one.id === id);
      if (layer.facet) {
        [state.chosen[id]] = given;
        state.compare = { mode: "value", layer: id, with: given[1], at };
      } else {
        const spans = [given.slice(0, 2), given.slice(2)].map((one) => one.sort().join("/"));
        if (!spans.every(readSpan)) return;
        state.time[id] = readSpan(spans[0]);
        state.compare = { mode: "time", layer: id, with: spans[1], at };
      }
    }
    close();
    changed();
    open.divider.divider.focus({ preventScroll: true });
  }

  function close(back) {
    form?.remove();
    form = null;
    if (back) button.focus();
  }

  function toggle() {
    if (form) close(true);
    else if (state.compare) { state.compare = null; changed(); } else ask();
  }

  return { showState, toggle };
}
