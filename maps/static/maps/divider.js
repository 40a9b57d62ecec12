// The divider between two maps, one over the other: the upper one is cut at it. It is dragged, or
// moved with the arrow keys.

import { element } from "./element.js";

const STEP = 2; // percent a key

export function createDivider(frame, upper, { label, at = 50, onMove = () => {} }) {
  const knob = element("span", { class: "swipe-knob" }, element("span", { class: "icon icon-swipe" }));
  const divider = element("div", { class: "swipe-divider", role: "slider", tabindex: "0", "aria-label": label, "aria-valuemin": "0", "aria-valuemax": "100" }, knob);

  function place(percent) {
    at = Math.min(Math.max(percent, 0), 100);
    upper.style.clipPath = `inset(0 0 0 ${at}%)`;
    divider.style.left = `${at}%`;
    divider.setAttribute("aria-valuenow", Math.round(at));
  }
  const move = (percent) => { place(percent); onMove(at); };
  divider.addEventListener("keydown", (event) => {
    const to = { ArrowLeft: at - STEP, ArrowRight: at + STEP, Home: 0, End: 100 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    move(to);
  });
  divider.addEventListener("pointerdown", (event) => { divider.setPointerCapture(event.pointerId); });
  divider.addEventListener("pointermove", (event) => {
    if (!divider.hasPointerCapture(event.pointerId)) return;
    const { left, width } = frame.getBoundingClientRect();
    move(((event.clientX - left) / width) * 100);
  });
  frame.append(divider);
  place(at);
  return { divider, place, at: () => at, remove: () => divider.remove() };
}
