// From a tap, a click or Enter to the card of what lies there: beside the place on a wide screen, in
// the sheet on a phone.

import { Popup } from "maplibre-gl";
import { readTokens } from "./map.js";
import { isPhone } from "./sheet.js";
import { markOf } from "./style.js";

const MOST = 12; // entries of the list under one tap
const FIRST = ["circle", "fill", "hatch", "outline", "line"]; // what lies on top is asked first

export function createInspector({ map, layers, state, words, cards, sheet, panel, slot, notices }) {
  let popup = null;
  let asking = null;

  const byId = new Map(layers.map((layer) => [layer.id, layer]));

  function drawnLayers(wanted) {
    return map.getLayersOrder().filter((id) => {
      const { metadata } = map.getLayer(id);
      return metadata && state.on.has(metadata.layer) && wanted(metadata.part.split(":")[0], byId.get(metadata.layer));
    });
  }

  function found(box, wanted) {
    const drawn = drawnLayers(wanted);
    if (!drawn.length) return [];
    const hits = new Map();
    for (const feature of map.queryRenderedFeatures(box, { layers: drawn })) {
      const { layer: id, part } = feature.layer.metadata;
      const key = `${id}/${feature.id}`;
      const { id: fid, properties: values, source } = feature;
      if (!hits.has(key)) hits.set(key, { layer: byId.get(id), part, fid, values, source });
    }
    return [...hits.values()];
  }

  // Points are hit within reach of a fingertip. An area is hit where it is, and one too small for that
  // by its outline. The ground counts only where nothing else was meant.
  function hitsAt({ x, y }, reach) {
    const around = [[x - reach, y - reach], [x + reach, y + reach]];
    const under = found([x, y], (part) => ["fill", "hatch"].includes(part));
    const covered = new Set(under.map((hit) => hit.layer));
    const near = found(around, (part, { area }) => ["circle", "outline"].includes(part) || (part === "line" && !area));
    const hits = [...near.filter((hit) => !covered.has(hit.layer)), ...under];
    if (!hits.length) {
      const ground = found([x, y], (part) => part === "ground");
      return ground.sort((one, other) => finer(other.layer) - finer(one.layer)).slice(0, MOST);
    }
    const order = (hit) => FIRST.indexOf(hit.part.split(":")[0]);
    return hits.sort((one, other) => order(one) - order(other)).slice(0, MOST);
  }

  const finer = (layer) => layer.minzoom * 1e3 + layers.indexOf(layer); // the kelurahan before its city

  function mark(hit) {
    if (map.getLayer("mark")) map.removeLayer("mark");
    const firstName = map.getLayersOrder().find((id) => map.getLayer(id).type === "symbol");
    if (hit) map.addLayer(markOf(hit, readTokens()), firstName);
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

  // A pop-up that has grown over the edge of the map takes the map with it.
  function bringIntoView(box) {
    const [inner, outer] = [box, map.getContainer()].map((one) => one.getBoundingClientRect());
    const beyond = (least, most) => Math.min(least - 12, 0) || Math.max(most + 12, 0);
    const x = beyond(inner.left - outer.left, inner.right - outer.right);
    const y = beyond(inner.top - outer.top, inner.bottom - outer.bottom);
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
      const response = await fetch(`${hit.layer.items}/${hit.fid}`, { signal });
      if (response.status === 404) return place(cards.failed(hit, words.itemGone, ways), lngLat, true);
      if (!response.ok) throw new Error(response.statusText);
      const { properties, photos } = await response.json();
      return place(cards.item(hit, properties, ways, photos), lngLat, true);
    } catch {
      if (!signal.aborted) place(cards.failed(hit, words.itemFailed, ways, again), lngLat, true);
      return undefined;
    }
  }

  function inspect(point, lngLat, reach) {
    close();
    const hits = hitsAt(point, reach);
    if (hits.length === 1) showItem(hits[0], hits, lngLat);
    else if (hits.length) showList(hits, lngLat);
    return hits.length;
  }

  map.on("click", (event) => {
    const touched = event.originalEvent.pointerType === "touch" || matchMedia("(pointer: coarse)").matches;
    inspect(event.point, event.lngLat, touched ? 16 : 5);
  });
  map.on("mousemove", ({ point }) => {
    if (map.isMoving()) return;
    map.getCanvas().style.cursor = hitsAt(point, 5).length ? "pointer" : "";
  });
  map.getCanvas().addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault(); // else the same key presses the button that gets the focus
    const centre = map.getCenter();
    if (!inspect(map.project(centre), centre, 16)) notices.tell(words.nothingAtCentre);
  });
  addEventListener("keydown", (event) => { if (event.key === "Escape") close(); });

  return { close, nothingDrawn: () => !found(undefined, () => true).length };
}
