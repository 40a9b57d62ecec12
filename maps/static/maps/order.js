// The layers that are on, the uppermost first, to be put in another order: by dragging, or by
// the buttons, which the keyboard reaches.

import { element } from "./element.js";
import { natural } from "./stack.js";

export function createOrder(list, { catalogue, state, words, changed }) {
  const titleOf = (id) => catalogue.layers.find((one) => one.id === id).title;
  const told = list.parentElement.querySelector("[role=status]");
  const reset = list.parentElement.querySelector("button");

  function move(id, by, focus) {
    const from = state.on.indexOf(id);
    const to = Math.min(Math.max(from + by, 0), state.on.length - 1);
    if (to === from) return;
    const on = state.on.filter((one) => one !== id);
    state.on = [...on.slice(0, to), id, ...on.slice(to)];
    changed();
    list.querySelector(`[data-id="${id}"] ${focus}`)?.focus();
    told.textContent = words.moved.replace("%s", titleOf(id)).replace("%n", state.on.length - to).replace("%m", state.on.length);
  }

  function row(id, place, all) {
    const title = titleOf(id);
    const button = (icon, label, by, off) => element("button", {
      class: `icon-button order-${icon}`, type: "button", "aria-label": label.replace("%s", title), "aria-disabled": off && "true",
      onclick: () => move(id, by, `.order-${icon}`),
    }, element("span", { class: `icon icon-${icon}` }));
    const handle = element("span", { class: "order-handle", "aria-hidden": "true" }, element("span", { class: "icon icon-grip" }));
    const made = element("li", { "data-id": id }, handle, element("span", { class: "order-title" }, title),
      button("up", words.moveUp, 1, place === 0), button("down", words.moveDown, -1, place === all.length - 1));
    handle.addEventListener("pointerdown", (event) => drag(event, made));
    return made;
  }

  // The row goes where the finger is; the map follows when it is let go. The window listens: a row
  // that changes its place in the document loses the pointer it had captured.
  function drag(start, made) {
    start.preventDefault();
    made.classList.add("dragged");
    const follow = ({ clientY }) => {
      const other = [...list.children].find((one) => one !== made && clientY < one.getBoundingClientRect().top + one.offsetHeight / 2);
      if (other !== made.nextElementSibling) list.insertBefore(made, other ?? null);
    };
    const drop = () => {
      removeEventListener("pointermove", follow);
      for (const end of ["pointerup", "pointercancel"]) removeEventListener(end, drop);
      made.classList.remove("dragged");
      const on = [...list.children].map((one) => one.dataset.id).reverse();
      if (String(on) === String(state.on)) return;
      state.on = on;
      changed();
    };
    addEventListener("pointermove", follow);
    for (const end of ["pointerup", "pointercancel"]) addEventListener(end, drop);
  }

  reset.addEventListener("click", () => {
    state.on = natural(catalogue.layers).filter((id) => state.on.includes(id));
    changed();
    list.parentElement.querySelector("summary").focus();
  });

  function showState() {
    const rows = [...state.on].reverse().map(row);
    list.replaceChildren(...rows);
    reset.hidden = String(natural(catalogue.layers).filter((id) => state.on.includes(id))) === String(state.on);
  }
  return { showState };
}
