// One submission on the map, with what lies beside it; and the point taken from the map.

import { createInboxMap, hit, read } from "./inbox_map.js";

const { one, others } = read("sketch");
const points = [...others, ...(one ? [one] : [])];
const accuracy = one?.accuracy ? { lon: one.lon, lat: one.lat, radius: one.accuracy } : null;
const view = one ? { center: [one.lon, one.lat], zoom: accuracy ? zoomFor(one) : 16 } : null;
const drawn = await createInboxMap({ points, accuracy, view });

// So close that the circle of accuracy is about 150 pixels wide.
function zoomFor({ accuracy: radius, lat }) {
  const zoom = Math.log2((40075016 * Math.cos((lat * Math.PI) / 180) * 150) / (512 * 2 * radius));
  return Math.min(17, Math.max(9, zoom));
}

if (drawn) {
  const { map, mark } = drawn;
  mark(one?.id);
  const pick = document.getElementById("pick");
  const [lon, lat] = ["in-lon", "in-lat"].map((id) => document.getElementById(id));
  const picking = (on) => {
    pick?.setAttribute("aria-pressed", String(on));
    map.getContainer().classList.toggle("picking", on);
  };
  if (pick) {
    pick.hidden = false;
    pick.addEventListener("click", () => picking(pick.getAttribute("aria-pressed") !== "true"));
  }
  map.on("click", ({ point, lngLat }) => {
    if (pick?.getAttribute("aria-pressed") === "true") {
      [lon.value, lat.value] = [lngLat.lng.toFixed(6), lngLat.lat.toFixed(6)];
      const placed = { type: "Feature", properties: { id: one?.id ?? "new", state: "received" }, geometry: { type: "Point", coordinates: [lngLat.lng, lngLat.lat] } };
      const rest = others.map((other) => ({ type: "Feature", properties: { id: other.id, state: other.state }, geometry: { type: "Point", coordinates: [other.lon, other.lat] } }));
      map.getSource("submissions").setData({ type: "FeatureCollection", features: [...rest, placed] });
      picking(false);
      return;
    }
    const id = hit(map, point);
    if (id && id !== one?.id) location.href = new URL(id, location.href).href;
  });
}
