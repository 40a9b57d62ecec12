// Measuring and drawing on the map of a file. One of them at a time; what was drawn for a form stays
// in its field.

import { localeOf } from "../format.js";

const SPACE = "\u00a0";

export function createTools(map, { words, notices, picture, language, onBusy }) {
  const number = (digits) => new Intl.NumberFormat(localeOf(language), { maximumFractionDigits: digits });
  const metres = (value) => (value < 1000 ? `${number(1).format(value)}${SPACE}m` : `${number(2).format(value / 1000)}${SPACE}km`);
  const squares = (value) => (value < 100_000 ? `${number(1).format(value)}${SPACE}m²` : `${number(2).format(value / 10_000)}${SPACE}ha`);
  const buttons = [...document.querySelectorAll("[data-measure]")];
  let active = null; // { drawing, end }

  function stop() {
    active?.drawing.stop();
    active?.end();
    active = null;
    notices.tellNothing();
    onBusy(false);
  }

  async function start(options, end) {
    stop();
    const { startDrawing } = await import("../drawing.js");
    active = { drawing: startDrawing(map, options), end };
    onBusy(true);
    map.getCanvas().focus({ preventScroll: true });
    return active.drawing;
  }

  // -- measuring

  const told = (mode, geometry, { areaM2, lengthM }) => {
    if (!lengthM) return words.measure;
    return mode === "line" ? words.distance.replace("%s", metres(lengthM)) : words.area.replace("%s", squares(areaM2)).replace("%t", metres(lengthM));
  };

  async function measure(button) {
    if (button.getAttribute("aria-pressed") === "true") { stop(); return; }
    const mode = button.dataset.measure;
    const say = (geometry, sizes) => notices.tell(told(mode, geometry, sizes), { label: words.close, act: stop });
    await start({ mode, onChange: say }, () => button.setAttribute("aria-pressed", "false"));
    button.setAttribute("aria-pressed", "true");
    say(null, { areaM2: 0, lengthM: 0 });
  }
  for (const button of buttons) button.addEventListener("click", () => measure(button));

  // -- drawing for a form

  const snapTo = [picture.parcel, ...picture.pieces.features.map((one) => one.geometry)];

  function prepare(drawer) {
    const field = document.getElementById(drawer.dataset.field);
    const status = drawer.querySelector(".drawer-told");
    const [undo, clear] = ["undo", "clear"].map((name) => drawer.querySelector(`[data-draw=${name}]`));
    const starts = [...drawer.querySelectorAll("[data-draw]")].filter((one) => one !== undo && one !== clear);
    // A red line is moved, not drawn from nothing.
    const standing = /geom$/.test(field.id) && field.id.startsWith("redraw") ? picture.parcel : null;
    const moved = field.id.startsWith("ask") ? picture.parcel : standing;
    let drawing = null;

    const tell = (geometry, sizes) => {
      const size = sizes.areaM2 ? squares(sizes.areaM2) : metres(sizes.lengthM);
      status.textContent = geometry ? words.drawn.replace("%s", geometry.type === "Point" ? "•" : size) : words.drawing;
    };
    const begin = async (mode) => {
      const initial = field.value ? JSON.parse(field.value) : moved;
      status.textContent = mode === "point" ? words.drawingPoint : words.drawing;
      drawing = await start({
        mode, initial, snapTo,
        onChange: (geometry, sizes) => {
          field.value = geometry ? JSON.stringify(geometry) : "";
          tell(geometry, sizes);
        },
      }, () => {
        drawing = null;
        for (const one of [undo, clear]) one.hidden = true;
        for (const one of starts) one.setAttribute("aria-pressed", "false");
      });
      if (initial) drawing.setMode("edit");
      for (const one of [undo, clear]) one.hidden = false;
      for (const one of starts) one.setAttribute("aria-pressed", String(one.dataset.draw === mode));
    };
    for (const one of starts) one.addEventListener("click", () => begin(one.dataset.draw));
    undo.addEventListener("click", () => drawing?.undo());
    clear.addEventListener("click", () => drawing?.clear());
    // What came back with a form that could not be used is on the map again.
    if (field.value && drawer.closest("details.offer[open], details.step[open]")) {
      try { JSON.parse(field.value); begin(starts.at(-1).dataset.draw); } catch { /* it says so itself */ }
    }
  }
  for (const drawer of document.querySelectorAll(".drawer")) prepare(drawer);

  addEventListener("keydown", ({ key }) => { if (key === "Escape" && buttons.some((one) => one.getAttribute("aria-pressed") === "true")) stop(); });
  return { stop, measure: () => measure(buttons[0]), busy: () => Boolean(active) };
}
