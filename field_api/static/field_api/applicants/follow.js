// The applicant's parcel on the map: the line that stands, what was granted, what is proposed.

import { boundsOf, createBaseMap, read } from "./base_map.js";

const { parcel, granted, proposed } = read("sketch");
const words = read("words");
const drawn = await createBaseMap({ bounds: boundsOf(parcel, ...Object.values(proposed)) });

if (drawn) {
  const { map } = drawn;
  const red = () => (matchMedia("(prefers-color-scheme: dark)").matches ? "#fb7185" : "#be123c");
  const blue = () => (matchMedia("(prefers-color-scheme: dark)").matches ? "#7dd3fc" : "#0369a1");
  const add = (id, geometry, colour, dashed) => {
    if (!geometry || map.getSource(id)) return;
    map.addSource(id, { type: "geojson", data: { type: "Feature", properties: {}, geometry }, tolerance: 0 });
    map.addLayer({ id: `${id}-fill`, type: "fill", source: id, paint: { "fill-color": colour, "fill-opacity": 0.15 } });
    map.addLayer({ id, type: "line", source: id, paint: { "line-color": colour, "line-width": 3, ...(dashed ? { "line-dasharray": [2, 1.5] } : {}) } });
  };
  const draw = () => {
    add("parcel", parcel, red(), false);
    add("granted", granted, "#15803d", false);
    for (const [key, line] of Object.entries(proposed)) add(`proposed-${key}`, line, blue(), true);
  };
  map.on("styledata", draw);
  if (map.isStyleLoaded()) draw();

  const key = document.getElementById("key");
  const told = [];
  if (Object.keys(proposed).length) told.push(line("key-before", words.before), line("key-proposed", words.proposed));
  else if (granted) told.push(line("key-before", words.applied), line("key-granted", words.granted));
  key.replaceChildren(...told);
  key.hidden = !told.length;
  for (const button of document.querySelectorAll("[data-show]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      document.getElementById("map").scrollIntoView({ block: "center", behavior: "smooth" });
      map.fitBounds(boundsOf(parcel, proposed[button.dataset.show]), { padding: 40, maxZoom: 19 });
    });
  }
}

function line(name, text) {
  const made = document.createElement("span");
  made.className = name;
  made.textContent = text;
  return made;
}
