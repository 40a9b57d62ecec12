// On a phone the panel is a sheet over the map with three heights; the grip is dragged or pressed.

const PEEK = 60; // pixels: the grip and nothing else
const PHONE = matchMedia("(max-width: 47.99rem)");

export const isPhone = () => PHONE.matches;

export function createSheet(panel, grip, words) {
  const whole = () => panel.parentElement.clientHeight;
  const stops = () => [PEEK, Math.round(whole() * 0.46), whole()];
  let at = 0; // which of the stops
  let drag = null;

  function settle(stop) {
    at = stop;
    const height = stops()[at];
    panel.style.setProperty("--sheet", `${height}px`);
    grip.setAttribute("aria-expanded", at > 0);
    grip.title = at > 0 ? words.collapse : words.expand;
  }

  grip.addEventListener("pointerdown", (event) => {
    if (!isPhone()) return;
    drag = { from: event.clientY, height: panel.offsetHeight, moved: 0, last: event.clientY, speed: 0 };
    grip.setPointerCapture(event.pointerId);
  });
  grip.addEventListener("pointermove", (event) => {
    if (!drag) return;
    drag.moved = drag.from - event.clientY;
    drag.speed = drag.last - event.clientY;
    drag.last = event.clientY;
    if (Math.abs(drag.moved) < 6) return;
    panel.classList.add("dragged");
    const height = Math.min(Math.max(drag.height + drag.moved, PEEK), whole());
    panel.style.setProperty("--sheet", `${height}px`);
  });
  const drop = () => {
    if (!drag) return;
    const { moved, height, speed } = drag;
    const dragged = panel.classList.contains("dragged");
    drag = null;
    if (!dragged) return;
    panel.classList.remove("dragged");
    const aim = height + moved + speed * 8; // a flick carries on
    const gaps = stops().map((stop) => Math.abs(stop - aim));
    settle(gaps.indexOf(Math.min(...gaps)));
    grip.addEventListener("click", (click) => click.stopImmediatePropagation(), { capture: true, once: true });
  };
  grip.addEventListener("pointerup", drop);
  grip.addEventListener("pointercancel", drop);
  grip.addEventListener("click", () => settle(at > 0 ? 0 : 1));
  // What has the focus is never left below the edge of the screen.
  panel.addEventListener("focusin", (event) => {
    if (at === 0 && event.target !== grip && event.target.matches(":focus-visible")) settle(1);
  });
  addEventListener("resize", () => settle(at));
  settle(0);

  return {
    open: () => settle(Math.max(at, 1)),
    peek: () => settle(0),
    // The part of the map that the sheet covers, in pixels.
    covered: () => (isPhone() ? stops()[at] : 0),
  };
}
