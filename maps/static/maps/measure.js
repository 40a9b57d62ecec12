// Measuring on the map: a distance or an area on the ellipsoid. Enter ends a shape, Escape ends
// measuring; what is read is told in the pill.

import { startDrawing } from "./drawing.js";
import { localeOf } from "./format.js";

const SPACE = "\u00a0";

export function createMeasuring({ map, catalogue, words, notices, inspector }) {
  const number = (digits) => new Intl.NumberFormat(localeOf(catalogue.language), { maximumFractionDigits: digits });
  const metres = (value) => (value < 1000 ? `${number(1).format(value)}${SPACE}m` : `${number(2).format(value / 1000)}${SPACE}km`);
  const squares = (value) => (value < 100_000 ? `${number(1).format(value)}${SPACE}m²` : `${number(2).format(value / 10_000)}${SPACE}ha`);
  let active = null; // { drawing, button }

  function told(mode, { areaM2, lengthM }) {
    if (!lengthM) return mode === "line" ? words.measureLine : words.measureArea;
    return mode === "line" ? words.distance.replace("%s", metres(lengthM)) : words.areaOf.replace("%s", squares(areaM2)).replace("%t", metres(lengthM));
  }

  function stop() {
    if (!active) return;
    const { drawing, button } = active;
    active = null;
    drawing.stop();
    button.setAttribute("aria-pressed", "false");
    notices.tellNothing();
    inspector.pause(false);
  }

  addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !active) return;
    const { button } = active;
    stop();
    button.focus();
  });

  return (button) => {
    const again = active?.button === button;
    stop();
    if (again) return;
    const mode = button.dataset.measure;
    const say = (sizes) => notices.tell(told(mode, sizes), { label: words.close, act: stop });
    inspector.pause(true);
    active = { drawing: startDrawing(map, { mode, onChange: (_, sizes) => say(sizes) }), button };
    button.setAttribute("aria-pressed", "true");
    say({ areaM2: 0, lengthM: 0 });
    map.getCanvas().focus({ preventScroll: true });
  };
}
