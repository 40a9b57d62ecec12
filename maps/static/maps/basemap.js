// What lies under the layers: the city's own ground (nothing to do: it is part of the style), plain
// paper, or the map from elsewhere that the installation names. It lies over the ground, under all else.

const told = document.getElementById("base");
const external = told ? JSON.parse(told.textContent) : null;
const IDS = ["base:plain", "base:raster", "base:land", "base:water", "base:roads", "base:buildings"];
const SOURCE = "base";

export const BASES = ["", "plain", ...(external ? ["external"] : [])];

export const baseOf = (state) => (state.base === "external" ? external : null);

// May be asked as often as one likes: after every change of the style.
export function showBase(map, state, tokens) {
  if (!map.getStyle()) return; // asked again once it is there
  const wanted = BASES.includes(state.base) ? state.base : "";
  const standing = map.getLayersOrder().filter((id) => IDS.includes(id));
  const shown = standing.length ? map.getLayer(standing[0]).metadata.base : "";
  if (shown === wanted) return;
  for (const id of standing) map.removeLayer(id);
  if (map.getSource(SOURCE)) map.removeSource(SOURCE);
  if (!wanted) return;
  const add = (spec) => map.addLayer({ ...spec, metadata: { base: wanted } }, aboveGround(map));
  if (wanted === "plain") add({ id: "base:plain", type: "background", paint: { "background-color": tokens.land } });
  else if (external.kind === "raster") addRaster(map, add);
  else addArchive(map, tokens, add, () => state.base === wanted).catch((error) => map.fire("error", { error }));
}

const aboveGround = (map) => map.getLayersOrder().find((id) => {
  const { metadata } = map.getLayer(id);
  return metadata?.layer && metadata.part !== "ground";
});

function addRaster(map, add) {
  map.addSource(SOURCE, { type: "raster", tiles: [external.url], tileSize: 256, maxzoom: 19, attribution: external.attribution });
  add({ id: "base:raster", type: "raster", source: SOURCE });
}

let reader; // the script that reads PMTiles, asked for by those who want it
const theReader = () => (reader ??= new Promise((resolve, reject) => {
  const script = document.createElement("script");
  script.onload = () => resolve(globalThis.pmtiles);
  script.onerror = () => { reader = null; reject(new Error(external.reader)); };
  script.src = external.reader;
  document.head.append(script);
}));

async function addArchive(map, tokens, add, stillWanted) {
  const [{ PMTiles, Protocol }, { addProtocol }] = await Promise.all([theReader(), import("maplibre-gl")]);
  const url = new URL(external.url, location.href).href;
  const archive = new PMTiles(url);
  const protocol = new Protocol();
  protocol.add(archive);
  addProtocol("pmtiles", protocol.tile);
  const header = await archive.getHeader();
  if (!stillWanted() || map.getSource(SOURCE)) return;
  const type = header.tileType === 1 ? "vector" : "raster";
  map.addSource(SOURCE, { type, url: `pmtiles://${url}`, attribution: external.attribution });
  if (type === "raster") add({ id: "base:raster", type, source: SOURCE });
  else addVector(await archive.getMetadata(), tokens, add);
}

// The names that Protomaps, OpenMapTiles and Shortbread give to the same things.
const THINGS = {
  land: ["earth", "land"],
  water: ["water", "ocean", "water_polygons"],
  buildings: ["buildings", "building"],
  roads: ["roads", "transportation", "streets"],
};

function addVector({ vector_layers: given = [] }, tokens, add) {
  const names = given.map(({ id }) => id);
  const from = (thing) => ({ id: `base:${thing}`, source: SOURCE, "source-layer": THINGS[thing].find((one) => names.includes(one)) });
  const areas = ["==", ["geometry-type"], "Polygon"];
  const lines = ["==", ["geometry-type"], "LineString"];
  const shade = tokens.dark ? "#39464a" : "#e2ddd2";
  const looks = {
    land: { type: "fill", filter: areas, paint: { "fill-color": tokens.land } },
    water: { type: "fill", filter: areas, paint: { "fill-color": tokens.water } },
    buildings: { type: "fill", filter: areas, minzoom: 14, paint: { "fill-color": shade } },
    roads: { type: "line", filter: lines, paint: { "line-color": shade, "line-width": ["interpolate", ["exponential", 1.6], ["zoom"], 8, 0.5, 14, 1.5, 18, 9] } },
  };
  for (const [thing, look] of Object.entries(looks)) {
    const spec = { ...from(thing), ...look };
    if (spec["source-layer"]) add(spec);
  }
}
