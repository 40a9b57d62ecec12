// The search for an activity: by words of its name or by its KBLI code.

import { element } from "../../maps/element.js";

const SHOWN = 30;
const plain = (text) => text.toLowerCase().normalize("NFD").replace(/\p{M}/gu, "");

export function createFinder(list, form, words) {
  const entries = list.flatMap(({ name, kbli }) => kbli.map((code) => ({ code, name, text: plain(name) })));
  if (!entries.length) return;
  const box = document.getElementById("kbli-search");
  const found = document.getElementById("kbli-found");
  const { kbli, activity } = form.elements;
  const hint = document.getElementById("h-kbli");
  let active = -1;
  let shown = [];
  document.getElementById("finder").hidden = false;
  form.elements.kbli.removeAttribute("list");

  const close = () => {
    found.hidden = true;
    box.setAttribute("aria-expanded", "false");
    box.removeAttribute("aria-activedescendant");
    active = -1;
  };
  const mark = (place) => {
    active = (place + shown.length) % shown.length;
    [...found.children].forEach((row, number) => row.setAttribute("aria-selected", String(number === active)));
    found.children[active].scrollIntoView({ block: "nearest" });
    box.setAttribute("aria-activedescendant", found.children[active].id);
  };
  const choose = ({ code, name }) => {
    kbli.value = code;
    if (!activity.value.trim()) activity.value = name;
    box.value = "";
    close();
    for (const input of [kbli, activity]) input.dispatchEvent(new Event("input", { bubbles: true }));
    kbli.focus();
  };
  const look = () => {
    const asked = plain(box.value).split(/\s+/).filter(Boolean);
    if (!asked.length) return close();
    shown = entries.filter(({ code, text }) => asked.every((word) => text.includes(word) || code.startsWith(word) || (word.length === 5 && word.startsWith(code)))).slice(0, SHOWN);
    const rows = shown.map((one, number) => {
      const row = element("li", { role: "option", id: `kbli-${number}`, "aria-selected": "false" }, element("b", {}, one.code), " ", element("span", {}, one.name));
      row.addEventListener("pointerdown", (event) => { event.preventDefault(); choose(one); });
      return row;
    });
    found.replaceChildren(...(rows.length ? rows : [element("li", { class: "muted" }, words.noActivity)]));
    found.hidden = false;
    box.setAttribute("aria-expanded", "true");
    active = -1;
    return undefined;
  };
  box.addEventListener("input", look);
  box.addEventListener("blur", close);
  box.addEventListener("keydown", (event) => {
    if (event.key === "Escape") return close();
    if (event.key === "Enter") event.preventDefault(); // must not send the form
    if (found.hidden || !shown.length) return undefined;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      mark(active < 0 && event.key === "ArrowUp" ? shown.length - 1 : active + (event.key === "ArrowDown" ? 1 : -1));
    }
    if (event.key === "Enter") choose(shown[Math.max(active, 0)]);
    return undefined;
  });

  // The name that a typed code stands for: the longest beginning that is known.
  const first = hint.textContent;
  const explain = () => {
    const code = kbli.value.replace(/\D/g, "");
    const known = entries.filter((one) => code && code.startsWith(one.code)).sort((a, b) => b.code.length - a.code.length)[0];
    const short = known && code.length < 5 ? ` ${words.complete.replace("%s", code)}` : "";
    hint.textContent = known ? `${known.name}.${short}` : first;
  };
  kbli.addEventListener("input", explain);
  explain();
}
