// The city's own map with the submissions of a page as points on it.

import { startMap } from "../maps/portal_map.js";

export const read = (id) => JSON.parse(document.getElementById(id).textContent);

const STATES = ["received", "accepted", "refused", "unpermitted", "withdrawn"];
const DRAWN = "submissions";
const METRES = 6371008.8;

function colours() {
  const all = getComputedStyle(document.documentElement);
  return Object.fromEntries(
    [...STATES.map((state) => [state, all.getPropertyValue(`--state-${state}`).trim()]),
      ["halo", all.getPropertyValue("--map-halo").trim()],
      ["selected", all.getPropertyValue("--map-selected").trim()]],
  );
}

export async function createInboxMap({ points, accuracy = null, view = null }) {
  const [ground, words] = [read("ground"), read("words")];
  const around = view ?? { bounds: ground.bounds, fitBoundsOptions: { padding: 24, maxZoom: 15 } };
  const state = { on: new Set(ground.layers.map((layer) => layer.id)), chosen: {}, view: around };
  let selected = null;
  const draw = (map) => {
    if (map.getSource(DRAWN)) return;
    const tint = colours();
    if (accuracy) {
      map.addSource("accuracy", { type: "geojson", data: circle(accuracy) });
      map.addLayer({ id: "accuracy", type: "fill", source: "accuracy", paint: { "fill-color": tint.selected, "fill-opacity": 0.12 } });
      map.addLayer({ id: "accuracy-edge", type: "line", source: "accuracy", paint: { "line-color": tint.selected, "line-width": 1.5, "line-dasharray": [3, 2] } });
    }
    map.addSource(DRAWN, { type: "geojson", data: collection(points) });
    for (const spec of drawings(tint)) map.addLayer(spec);
    show(map);
  };
  const show = (map) => {
    if (map.getLayer("selected")) map.setFilter("selected", ["==", ["get", "id"], selected ?? ""]);
  };
  const { map } = await startMap({ catalogue: ground, words, state, draw });
  if (!map) return null;
  const mark = (id) => {
    selected = id;
    show(map);
  };

  return { map, mark, byId: new Map(points.map((point) => [point.id, point])) };
}

export function hit(map, { x, y }, reach = 12) {
  if (!map.getLayer("points")) return null;
  const around = [[x - reach, y - reach], [x + reach, y + reach]];
  return map.queryRenderedFeatures(around, { layers: ["points"] })[0]?.properties.id ?? null;
}

// What is settled is a ring, what waits for the office is full and bears a sign.
function drawings(tint) {
  const colour = ["match", ["get", "state"], ...STATES.flatMap((state) => [state, tint[state]]), tint.selected];
  const settled = ["in", ["get", "state"], ["literal", ["accepted", "withdrawn"]]];
  return [
    { id: "points", type: "circle", source: DRAWN,
      paint: { "circle-radius": ["case", settled, 6, 8], "circle-color": ["case", settled, tint.halo, colour],
        "circle-stroke-color": ["case", settled, colour, tint.halo], "circle-stroke-width": ["case", settled, 3, 1.5] } },
    { id: "signs", type: "symbol", source: DRAWN, filter: ["!", settled],
      layout: { "text-field": ["match", ["get", "state"], "received", "?", "!"], "text-font": ["Portal Semibold"], "text-size": 11, "text-allow-overlap": true, "text-ignore-placement": true },
      paint: { "text-color": tint.halo } },
    { id: "selected", type: "circle", source: DRAWN, filter: ["==", ["get", "id"], ""],
      paint: { "circle-radius": 13, "circle-color": "transparent", "circle-stroke-color": tint.selected, "circle-stroke-width": 3 } },
  ];
}

function collection(points) {
  const features = points.map(({ id, state, lon, lat }) => ({
    type: "Feature", properties: { id, state }, geometry: { type: "Point", coordinates: [lon, lat] },
  }));
  return { type: "FeatureCollection", features };
}

// A circle of so many metres on the ground, as a polygon.
function circle({ lon, lat, radius }) {
  const high = (radius / METRES) * (180 / Math.PI);
  const wide = high / Math.max(Math.cos((lat * Math.PI) / 180), 0.01);
  const ring = Array.from({ length: 65 }, (_, step) => {
    const angle = (step / 64) * 2 * Math.PI;
    return [lon + wide * Math.cos(angle), lat + high * Math.sin(angle)];
  });
  return { type: "Feature", properties: {}, geometry: { type: "Polygon", coordinates: [ring] } };
}
