// From a tap, a click or Enter to the card of what lies there: beside the place on a wide screen, in
// the sheet on a phone.

import { Popup } from "maplibre-gl";
import { readTokens } from "./map.js";
import { isCounted, standsForMany } from "./overview.js";
import { isPhone } from "./sheet.js";
import { askedOf, markOf, sourceOf } from "./style.js";

const MOST = 12; // entries of the list under one tap
const FIRST = ["circle", "many", "fill", "hatch", "outline", "line"]; // what lies on top is asked first

export function createInspector({ map, layers, state, words, cards, sheet, panel, slot, notices }) {
  let popup = null;
  let asking = null;
  let paused = false; // a tool takes the clicks
  let marked = null; // the map with the outline
  let sideAt = () => ({ map, state }); // of a comparison: what is seen at a point

  const byId = new Map(layers.map((layer) => [layer.id, layer]));

  function drawnLayers(side, wanted) {
    return side.map.getLayersOrder().filter((id) => {
      const { metadata } = side.map.getLayer(id);
      return metadata?.layer && side.state.on.includes(metadata.layer) && wanted(metadata.part.split(":")[0], byId.get(metadata.layer));
    });
  }

  function found(side, box, wanted) {
    const drawn = drawnLayers(side, wanted);
    if (!drawn.length) return [];
    const hits = new Map();
    for (const feature of side.map.queryRenderedFeatures(box, { layers: drawn })) {
      const { layer: id, part } = feature.layer.metadata;
      const key = `${id}/${feature.id ?? JSON.stringify(feature.properties)}`;
      const { id: fid, properties: values, source } = feature;
      if (!hits.has(key)) hits.set(key, { layer: byId.get(id), part, fid, values, source, side });
    }
    return [...hits.values()];
  }

  // Points are hit within reach of a fingertip. An area is hit where it is, and one too small for that
  // by its outline. The ground counts only where nothing else was meant.
  function hitsAt({ x, y }, reach) {
    const side = sideAt(x);
    const around = [[x - reach, y - reach], [x + reach, y + reach]];
    const under = found(side, [x, y], (part, { area, overview }) => ["fill", "hatch"].includes(part) || (part === "many" && area && overview === "areas"));
    const covered = new Set(under.map((hit) => hit.layer));
    const near = found(side, around, (part, { area, overview }) => ["circle", "outline"].includes(part)
      || (part === "many" && overview === "grid") || (part === "line" && !area));
    const hits = [...near.filter((hit) => !covered.has(hit.layer)), ...under];
    if (!hits.length) {
      const ground = found(side, [x, y], (part) => part === "ground");
      return ground.sort((one, other) => finer(other.layer) - finer(one.layer)).slice(0, MOST);
    }
    const order = (hit) => FIRST.indexOf(hit.part.split(":")[0]);
    return hits.sort((one, other) => order(one) - order(other)).slice(0, MOST);
  }

  const finer = (layer) => layer.minzoom * 1e3 + layers.indexOf(layer); // the kelurahan before its city

  function mark(hit) {
    if (marked?.getLayer("mark")) marked.removeLayer("mark");
    marked = hit ? hit.side.map : null;
    if (!hit) return;
    const firstName = marked.getLayersOrder().find((id) => marked.getLayer(id).type === "symbol");
    marked.addLayer(markOf(hit, readTokens()), firstName);
  }

  function close() {
    const held = document.activeElement?.closest(".card");
    asking?.abort();
    mark(null);
    popup?.remove();
    popup = null;
    slot.replaceChildren();
    panel.classList.remove("has-card");
    if (held) map.getCanvas().focus({ preventScroll: true });
  }

  // A pop-up that has grown over the edge of the map, or under its tools, takes the map with it.
  function bringIntoView(box) {
    const [inner, outer] = [box, map.getContainer()].map((one) => one.getBoundingClientRect());
    const beyond = (least, most) => Math.min(least - 12, 0) || Math.max(most + 12, 0);
    const x = beyond(inner.left - outer.left, inner.right - outer.right);
    const tools = document.querySelector(".map-top")?.getBoundingClientRect().bottom ?? outer.top;
    const y = beyond(inner.top - tools, inner.bottom - outer.bottom);
    if (x || y) map.panBy([x, y]);
  }

  function place(card, lngLat, focus) {
    if (isPhone()) {
      slot.replaceChildren(card);
      panel.classList.add("has-card");
      sheet.open();
      const { y } = map.project(lngLat);
      const free = map.getContainer().clientHeight - sheet.covered();
      if (y > free - 40) map.easeTo({ center: lngLat, offset: [0, -sheet.covered() / 2] });
    } else if (popup) {
      popup.setDOMContent(card);
    } else {
      popup = new Popup({ closeButton: false, closeOnClick: false, maxWidth: "22rem", focusAfterOpen: false, offset: 10 })
        .setLngLat(lngLat).setDOMContent(card).addTo(map);
    }
    if (popup) bringIntoView(popup.getElement());
    if (focus) card.querySelector("button")?.focus({ preventScroll: true });
  }

  function showList(hits, lngLat, focus = true) {
    mark(null);
    place(cards.list(hits, { onClose: close }, (hit) => showItem(hit, hits, lngLat)), lngLat, focus);
  }

  async function showItem(hit, hits, lngLat) {
    asking?.abort();
    asking = new AbortController();
    const { signal } = asking;
    const ways = { onClose: close, onBack: hits.length > 1 ? () => showList(hits, lngLat) : null };
    const again = () => showItem(hit, hits, lngLat);
    mark(hit);
    place(cards.waiting(hit, ways), lngLat, true);
    try {
      const response = await fetch(`${hit.layer.items}/${hit.fid}?f=json`, { signal });
      if (response.status === 404) return place(cards.failed(hit, words.itemGone, ways), lngLat, true);
      if (!response.ok) throw new Error(response.statusText);
      const { geometry, properties, photos } = await response.json();
      const onZoom = geometry && (() => zoomTo(boxOf(geometry)));
      return place(cards.item(hit, properties, { ...ways, onZoom }, photos), lngLat, true);
    } catch {
      if (!signal.aborted) place(cards.failed(hit, words.itemFailed, ways, again), lngLat, true);
      return undefined;
    }
  }

  // Under the card there has to be room for what it tells of.
  function zoomTo([west, south, east, north]) {
    const below = sheet.covered();
    map.fitBounds([west, south, east, north], { padding: { top: 60, left: 60, right: 60, bottom: 60 + below }, maxZoom: 17 });
  }

  // A simplified area stands for rows that only the server can name.
  async function rowsAt(hit, { lng, lat }) {
    const near = [lng, lat, lng, lat].map((one) => one.toFixed(7));
    const query = new URLSearchParams({ ...askedOf(hit.layer, hit.side.state), bbox: near, limit: MOST, f: "json" });
    const response = await fetch(`${hit.layer.items}?${query}`);
    const { features } = response.ok ? await response.json() : { features: [] };
    return features.map(({ id, properties }) => ({ ...hit, fid: id, values: properties }));
  }

  async function inspect(point, lngLat, reach) {
    close();
    const all = hitsAt(point, reach);
    const crowd = all[0] && isCounted(all[0].layer) && standsForMany(all[0]);
    if (crowd) { closerTo(all[0], lngLat); return all.length; }
    const single = all.filter((hit) => !standsForMany(hit) || !isCounted(hit.layer));
    const asked = await Promise.all(single.map((hit) => (standsForMany(hit) ? rowsAt(hit, lngLat).catch(() => []) : [hit])));
    const hits = asked.flat().slice(0, MOST);
    if (hits.length === 1) showItem(hits[0], hits, lngLat);
    else if (hits.length) showList(hits, lngLat);
    return hits.length;
  }

  function closerTo({ layer }, center) {
    const zoom = Math.min(Math.max(map.getZoom() + 2, 0), Math.max(layer.rawFrom ?? 0, map.getZoom() + 1));
    map.easeTo({ center, zoom });
  }

  /* The card of an object that was found by its name: { layer, fid, at, box, values }. */
  function showFound({ layer, fid, at: [lng, lat], box, values }) {
    close();
    zoomTo(box);
    const hit = { layer, fid, values, part: "", source: sourceOf(layer, state), side: { map, state } };
    showItem(hit, [hit], { lng, lat });
  }

  map.on("click", (event) => {
    if (paused) return;
    const touched = event.originalEvent.pointerType === "touch" || matchMedia("(pointer: coarse)").matches;
    inspect(event.point, event.lngLat, touched ? 16 : 5);
  });
  map.on("mousemove", ({ point }) => {
    if (paused || map.isMoving()) return;
    map.getCanvas().style.cursor = hitsAt(point, 5).length ? "pointer" : "";
  });
  map.getCanvas().addEventListener("keydown", async (event) => {
    if (event.key !== "Enter" || paused) return;
    event.preventDefault(); // else the same key presses the button that gets the focus
    const centre = map.getCenter();
    if (!(await inspect(map.project(centre), centre, 16))) notices.tell(words.nothingAtCentre);
  });
  addEventListener("keydown", (event) => { if (event.key === "Escape") close(); });

  return {
    close, showFound, zoomTo,
    pause(on) { paused = on; if (on) close(); },
    isPaused: () => paused,
    lookThrough(found) { sideAt = found ?? (() => ({ map, state })); },
    nothingDrawn: () => !found({ map, state }, undefined, () => true).length,
  };
}

function boxOf({ coordinates }) {
  const flat = coordinates.flat(Infinity);
  const [lons, lats] = [0, 1].map((axis) => flat.filter((_, place) => place % 2 === axis));
  const least = (all) => all.reduce((one, other) => Math.min(one, other));
  const most = (all) => all.reduce((one, other) => Math.max(one, other));
  return [least(lons), least(lats), most(lons), most(lats)];
}
