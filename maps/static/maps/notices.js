// What the map says by itself: a pill for the state of the view, a toast for what went wrong.

import { element } from "./element.js";

export function createNotices(pill, toast, words) {
  let lifting;
  const fill = (box, text, way) => {
    const button = way && element("button", { class: "button", type: "button", onclick: way.act }, way.label);
    box.replaceChildren(element("span", {}, text), button ?? "");
    box.hidden = false;
  };
  const hideToast = () => { toast.hidden = true; };
  return {
    tell(text, way) {
      if (pill.textContent === text + (way?.label ?? "") && !pill.hidden) return;
      fill(pill, text, way);
    },
    tellNothing() {
      pill.hidden = true;
      pill.replaceChildren();
    },
    // `way` is what to try again, or another way on: { label, act }.
    fail(text, way) {
      clearTimeout(lifting);
      const { label, act } = typeof way === "function" ? { label: words.retry, act: way } : way ?? { label: words.close };
      fill(toast, text, { label, act: () => { hideToast(); act?.(); } });
      if (!way) lifting = setTimeout(hideToast, 8000);
    },
  };
}
