// The list and the map move together: whatever is chosen in one is shown in the other.

import { createInboxMap, hit, read } from "./inbox_map.js";

const rows = [...document.querySelectorAll(".row")];
const rowOf = new Map(rows.map((row) => [row.dataset.id, row]));
const linkOf = (row) => row.querySelector("a");
const drawn = await createInboxMap({ points: read("points") });

function choose(id, { fly = false, scroll = false } = {}) {
  for (const row of rows) {
    const chosen = row.dataset.id === id;
    row.toggleAttribute("aria-current", chosen);
    if (chosen) row.setAttribute("aria-current", "true");
    row.querySelector(".pin")?.setAttribute("aria-pressed", String(chosen));
  }
  if (scroll) rowOf.get(id)?.scrollIntoView({ block: "nearest" });
  drawn?.mark(id);
  const point = drawn?.byId.get(id);
  if (!point) return;
  const center = [point.lon, point.lat];
  if (fly) drawn.map.easeTo({ center, zoom: Math.max(drawn.map.getZoom(), 15) });
  else if (!drawn.map.getBounds().contains(center)) drawn.map.easeTo({ center });
}

for (const row of rows) {
  row.addEventListener("focusin", () => choose(row.dataset.id));
  row.addEventListener("click", (event) => {
    if (!event.target.closest("a")) choose(row.dataset.id, { fly: true });
  });
}

document.querySelector(".rows")?.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const to = step && rows[rows.indexOf(event.target.closest(".row")) + step];
  if (!to) return;
  event.preventDefault();
  linkOf(to).focus();
});

if (drawn) {
  const { map } = drawn;
  map.on("click", ({ point }) => {
    const id = hit(map, point);
    if (!id) return;
    choose(id, { scroll: true });
    linkOf(rowOf.get(id)).focus({ preventScroll: true });
  });
  map.on("mousemove", ({ point }) => { map.getCanvas().style.cursor = hit(map, point, 5) ? "pointer" : ""; });
}
