// The box over the map that finds a place: a name, a number of the register, a zone, coordinates.
// An ARIA combobox: the arrow keys go through what was found, Enter goes there.

import { Marker } from "maplibre-gl";
import { readPlace } from "./coordinates.js";
import { element } from "./element.js";
import { inserted } from "./stack.js";

const PAUSE = 250; // milliseconds without a key before the server is asked
const LEAST = 2; // letters

export function createPlaces(box, { map, state, catalogue, words, changed, inspector }) {
  const list = document.getElementById("place-list");
  const status = document.getElementById("place-status");
  const byId = new Map(catalogue.layers.map((layer) => [layer.id, layer]));
  let found = [];
  let active = -1;
  let asking = null;
  let timer = null;
  let marker = null;

  function show(open) {
    list.hidden = !open;
    box.setAttribute("aria-expanded", open);
    if (!open) setActive(-1);
  }

  function setActive(place) {
    active = place;
    [...list.children].forEach((one, at) => one.setAttribute("aria-selected", at === place));
    const chosen = list.children[place];
    if (chosen) { box.setAttribute("aria-activedescendant", chosen.id); chosen.scrollIntoView({ block: "nearest" }); } else box.removeAttribute("aria-activedescendant");
  }

  function fill(results, text) {
    found = results;
    const options = results.map((one, at) => {
      const made = element("li", { id: `place-${at}`, role: "option", "aria-selected": "false", class: "place" },
        element("span", {}, one.title), element("small", {}, one.detail));
      made.addEventListener("pointerdown", (event) => event.preventDefault()); // the box keeps the focus
      made.addEventListener("click", () => choose(at));
      return made;
    });
    list.replaceChildren(...options);
    status.textContent = text;
    status.classList.toggle("visually-hidden", results.length > 0 || !text);
    show(results.length > 0);
  }

  const here = (text) => {
    const at = readPlace(text);
    const outside = { title: at && `${at[1].toFixed(5)}, ${at[0].toFixed(5)}`, detail: words.coordinates, place: at };
    return at ? [outside] : [];
  };

  async function ask() {
    asking?.abort();
    const text = box.value.trim();
    const typed = here(text);
    if (typed.length || text.length < LEAST) { fill(typed, ""); return; }
    asking = new AbortController();
    const { signal } = asking;
    try {
      const response = await fetch(`/search?${new URLSearchParams({ q: text })}`, { signal });
      const told = await response.json();
      if (!response.ok) throw new Error(told.detail);
      const results = told.results.filter((one) => byId.has(one.layer));
      fill(results, results.length ? words.placesFound.replace("%s", results.length) : words.noPlace.replace("%s", text));
    } catch (error) {
      if (!signal.aborted) fill([], navigator.onLine ? words.searchFailed : words.offline);
    }
  }

  function choose(at) {
    const one = found[at];
    if (!one) return;
    box.value = one.title;
    show(false);
    marker?.remove();
    if (one.place) {
      marker = new Marker({ color: "#b45309" }).setLngLat(one.place).addTo(map);
      map.flyTo({ center: one.place, zoom: Math.max(map.getZoom(), 16) });
      map.getCanvas().focus({ preventScroll: true });
      return;
    }
    const layer = byId.get(one.layer);
    if (!state.on.includes(layer.id)) state.on = inserted(state.on, layer.id, catalogue.layers);
    changed();
    inspector.showFound({ layer, fid: one.id, at: one.at, box: one.box, values: one.values });
  }

  box.addEventListener("input", () => {
    clearTimeout(timer);
    marker?.remove();
    timer = setTimeout(ask, PAUSE);
  });
  box.addEventListener("keydown", async (event) => {
    const most = found.length - 1;
    const to = { ArrowDown: active >= most ? 0 : active + 1, ArrowUp: active <= 0 ? most : active - 1 }[event.key];
    if (to !== undefined && found.length) {
      event.preventDefault();
      show(true);
      setActive(to);
    } else if (event.key === "Enter") {
      event.preventDefault();
      clearTimeout(timer);
      if (list.hidden) await ask();
      choose(Math.max(active, 0));
    } else if (event.key === "Escape") {
      event.stopPropagation();
      if (list.hidden) box.value = "";
      fill([], "");
    }
  });
  box.addEventListener("blur", () => show(false));
  box.addEventListener("focus", () => { if (found.length) show(true); });
  box.form.addEventListener("submit", (event) => event.preventDefault());
  if (box.value.trim()) ask();
  return () => {};
}
