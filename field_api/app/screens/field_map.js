// The city's map inside the app: the portal's own, from what is kept on the phone when offline.

import { element } from "portal/element";
import * as tiles from "../tiles.js";
import { button, icon, notice, overlay } from "./parts.js";
import { watchPosition, pointOf } from "./position.js";

const WORDS = {
  controls: {
    "Map.Title": "Peta. Panah menggeser, plus dan minus memperbesar.",
    "NavigationControl.ZoomIn": "Perbesar",
    "NavigationControl.ZoomOut": "Perkecil",
    "NavigationControl.ResetBearing": "Kembali ke utara",
    "GeolocateControl.FindMyLocation": "Cari lokasi saya",
    "GeolocateControl.LocationNotAvailable": "Lokasi tidak tersedia",
  },
  notLocated: "Lokasi Anda tidak ditemukan. Periksa izin lokasi peramban.",
};
const CLOSE_UP = 17;
const MOST = 60; // markers; the list beside the map has them all
const NEAR = 12; // that the first view holds

// A map in `frame`, or a sentence there where none can be drawn. Gives the map, or null.
async function draw(frame, { center, zoom }) {
  const holder = element("div", { class: "map" });
  frame.append(holder);
  try {
    const { createMap } = await import("portal/map");
    const catalogue = await tiles.catalogue();
    const on = new Set(catalogue.layers.filter((layer) => layer.shown).map((layer) => layer.id));
    const chosen = Object.fromEntries(catalogue.layers.filter((one) => one.facet).map((one) => [one.id, one.facet.values[0]?.value]));
    const whole = { bounds: catalogue.bounds, fitBoundsOptions: { padding: 48, maxZoom: 16 } };
    const view = center ? { center, zoom } : whole;
    const notices = { fail: (text) => tell(frame, text) };
    const map = await createMap(holder, catalogue, { on, chosen, view }, WORDS, notices);
    // The public tiles, whoever is logged in: the same that are kept for the area.
    map.setTransformRequest((url) => ({ url, credentials: "omit" }));
    map.on("error", () => {}); // a tile that is not kept is a blank spot, nothing to report
    return map;
  } catch {
    holder.remove();
    tell(frame, "Peta belum dapat digambar di sini. Sambungkan ke jaringan sekali, lalu simpan petanya dari Beranda.");
    return null;
  }
}

function tell(frame, text) {
  frame.querySelector(".notice")?.remove();
  frame.append(notice(text));
}

// Over the screen: the point under the aim is the answer. Resolves to [lon, lat], or null.
export function placeOnMap(start) {
  return new Promise((resolve) => {
    let chosen = null;
    let map = null;
    const frame = element("div", { class: "map-frame" });
    const take = button("Pakai titik ini", () => {
      const { lng, lat } = map.getCenter();
      chosen = [lng, lat];
      dialog.close();
    }, { kind: "main", class: "button button-main button-wide", disabled: true });
    const body = [frame, element("div", { class: "map-foot" },
      element("p", {}, "Geser peta sampai ujung jarum menunjuk tempatnya."), take)];
    const holder = element("div", { class: "map-overlay" }, ...body);
    const dialog = overlay("Letakkan titik", holder, { onClose() { map?.remove(); resolve(chosen); } });
    draw(frame, start ? { center: start, zoom: CLOSE_UP } : {}).then((made) => {
      map = made;
      if (!map) return;
      if (!dialog.isConnected) return map.remove();
      frame.append(element("div", { class: "aim", "aria-hidden": "true" }, icon("pin")));
      take.disabled = false;
      if (start) return;
      const stop = watchPosition((fix) => { stop(); map.jumpTo({ center: pointOf(fix), zoom: CLOSE_UP }); });
      map.once("dragstart", stop);
      dialog.addEventListener("close", stop);
    });
  });
}

// A map with a marker for each row that has a point; `href(row)` is where a tap leads. It comes when
// it can: `show` and `moved` may be called before.
export function placesMap(frame, { href, said = (one) => one.name }) {
  let rows = [];
  let here = null;
  let drawn = null;
  let left = false;
  const marks = [];

  function place() {
    if (!drawn) return;
    for (const mark of marks.splice(0)) mark.remove();
    for (const one of rows.slice(0, MOST)) {
      const anchor = element("a", { class: "marker", href: href(one), "aria-label": said(one), title: one.name }, icon("pin"));
      marks.push(new drawn.Marker({ element: anchor, anchor: "bottom" }).setLngLat(one.point).addTo(drawn.map));
    }
    if (here) marks.push(new drawn.Marker({ element: element("div", { class: "marker-self", role: "img", "aria-label": "Posisi Anda" }) }).setLngLat(here).addTo(drawn.map));
  }
  function frameAll() {
    const points = [...rows.slice(0, NEAR).map((one) => one.point), ...(here ? [here] : [])];
    if (drawn && points.length) drawn.map.fitBounds(boundsOf(points), { padding: 48, maxZoom: 16, animate: false });
  }
  (async () => {
    const map = await draw(frame, {});
    if (!map) return;
    if (left) return map.remove();
    drawn = { map, Marker: (await import("maplibre-gl")).Marker };
    place();
    frameAll();
  })();
  return {
    show(all) {
      rows = all.filter((one) => one.point);
      place();
      frameAll();
    },
    moved(point) {
      here = point;
      place();
    },
    remove() {
      left = true;
      drawn?.map.remove();
    },
  };
}

function boundsOf(points) {
  const [lons, lats] = [points.map(([lon]) => lon), points.map(([, lat]) => lat)];
  return [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)];
}
