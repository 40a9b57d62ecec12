// Two plans, or two red lines, side by side on one map: a second map lies over the first and is cut
// at a divider, which is dragged or moved with the arrow keys.

import { Map } from "maplibre-gl";
import { colourOf } from "../classes.js";
import { createDivider } from "../divider.js";
import { element } from "../element.js";
import { readTokens } from "../map.js";
import { buildStyle } from "../style.js";
import { RED } from "./picture.js";
import { under } from "./ground.js";

const NAMES = ["zone-codes", "markup-text"]; // of the map below: they would be written twice

export function createSwipe(map, { ground, sides, words }) {
  const zones = ground.layers.find(({ id }) => id === ground.roles.zones);
  const frame = map.getContainer().parentElement;
  let open = null;

  function layersOf(side, name, tokens) {
    const source = `${name}-zones`;
    return {
      sources: { [source]: { type: "geojson", data: side.zones }, [`${name}-line`]: { type: "geojson", data: side.line } },
      layers: [
        { id: `${name}-land`, type: "fill", source, paint: { "fill-color": tokens.land } },
        { id: `${name}-fill`, type: "fill", source, paint: { "fill-color": colourOf(zones.style, tokens), "fill-opacity": 0.75 } },
        { id: `${name}-edge`, type: "line", source, paint: { "line-color": tokens.text, "line-width": 0.6, "line-opacity": 0.6 } },
        { id: `${name}-parcel`, type: "line", source: `${name}-line`, paint: { "line-color": tokens.dark ? RED.dark : RED.light, "line-width": 3.5 } },
        { id: `${name}-label`, type: "symbol", source, minzoom: 14, layout: { "text-field": ["get", "sub_zone"], "text-font": ["Portal Semibold"], "text-size": 12 }, paint: { "text-color": tokens.text, "text-halo-color": tokens.halo, "text-halo-width": 1.6 } },
      ],
    };
  }

  function drawLeft() {
    if (map.getSource("left-zones")) return;
    const { sources, layers } = layersOf(sides[0], "left", readTokens());
    for (const [id, source] of Object.entries(sources)) map.addSource(id, source);
    for (const id of NAMES) if (map.getLayer(id)) map.setLayoutProperty(id, "visibility", "none");
    for (const layer of layers) map.addLayer(layer, layer.type === "symbol" ? undefined : under(map));
  }

  function eraseLeft() {
    for (const id of map.getLayersOrder().filter((one) => one.startsWith("left-"))) map.removeLayer(id);
    for (const id of ["left-zones", "left-line"]) if (map.getSource(id)) map.removeSource(id);
    for (const id of NAMES) if (map.getLayer(id)) map.setLayoutProperty(id, "visibility", "visible");
  }

  function styleRight() {
    const tokens = readTokens();
    const state = { on: new Set(ground.layers.filter((one) => one.ground).map(({ id }) => id)), chosen: {} };
    const style = buildStyle({ ...ground, layers: ground.layers.filter((one) => one.ground) }, state, tokens);
    const { sources, layers } = layersOf(sides[1], "right", tokens);
    return { ...style, sources: { ...style.sources, ...sources }, layers: [...style.layers, ...layers] };
  }

  function show(focus) {
    const box = element("div", { class: "swipe-map", "aria-hidden": "true" });
    const titles = sides.map(({ title }, at) => element("p", { class: `swipe-title swipe-title-${at}` }, title));
    frame.append(box, ...titles);
    const divider = createDivider(frame, box, { label: words.divider });
    const { lng, lat } = map.getCenter();
    const right = new Map({ container: box, style: styleRight(), center: [lng, lat], zoom: map.getZoom(), interactive: false, attributionControl: false, fadeDuration: 0 });
    const follow = () => right.jumpTo({ center: map.getCenter(), zoom: map.getZoom(), bearing: map.getBearing() });
    right.once("idle", () => { box.dataset.state = "ready"; });
    map.on("move", follow);
    map.on("styledata", drawLeft);
    drawLeft();
    if (focus) divider.divider.focus({ preventScroll: true });
    return () => {
      map.off("move", follow);
      map.off("styledata", drawLeft);
      eraseLeft();
      right.remove();
      divider.remove();
      for (const one of [box, ...titles]) one.remove();
    };
  }

  return {
    toggle({ focus = true } = {}) {
      if (open) { open(); open = null; } else open = show(focus);
      return Boolean(open);
    },
  };
}
