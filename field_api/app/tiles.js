// The city's own map without a network: the public tiles of an area, kept in Cache Storage, where
// the service worker finds them. They are the first to go when space is short.

import { tell } from "./changes.js";
import { fact, setFact } from "./database.js";
import { Trouble, troubled } from "./trouble.js";

export const TILES = "field-tiles"; // without a version: a new release keeps it
const CATALOGUE = "/field/map.json";
const BUDGET = { tiles: 4_000, bytes: 60_000_000 };
const GUESS = 6_000; // bytes a tile
const DEEPEST = 16;
const AT_ONCE = 4;
const FRESH = 7 * 86_400_000;

/** The layers as the public map has them, kept for when there is no network. */
export async function catalogue() {
  const kept = await caches.open(TILES);
  try {
    const response = await fetch(CATALOGUE, { credentials: "omit", redirect: "error", cache: "no-store" });
    const copy = response.clone();
    const found = await response.json();
    if (response.ok) await kept.put(CATALOGUE, copy).catch(() => {});
    return found;
  } catch {
    const response = await kept.match(CATALOGUE, { ignoreVary: true });
    if (!response) throw new Trouble("no-answer");
    return response.json();
  }
}

/** @param {{bbox: number[], zooms: number[]}} area bbox: west, south, east, north */
export function planArea(area) {
  const inside = ({ left, top, right, bottom }) => (right - left + 1) * (bottom - top + 1);
  const tiles = spans(area).reduce((sum, span) => sum + inside(span), 0);
  return { tiles, bytes: tiles * GUESS };
}

/** The tiles of each zoom, by the first and last column and row. */
function spans({ bbox: [west, south, east, north], zooms }) {
  return zooms.filter((z) => z <= DEEPEST).map((z) => {
    const [left, top] = cellAt(west, north, z);
    const [right, bottom] = cellAt(east, south, z);
    return { z, left, top, right, bottom };
  });
}

function* cells(area) {
  for (const { z, left, top, right, bottom } of spans(area)) {
    for (let y = top; y <= bottom; y += 1) for (let x = left; x <= right; x += 1) yield { z, y, x };
  }
}

function cellAt(longitude, latitude, z) {
  const side = 2 ** z;
  const radians = (latitude * Math.PI) / 180;
  const x = ((longitude + 180) / 360) * side;
  const y = ((1 - Math.asinh(Math.tan(radians)) / Math.PI) / 2) * side;
  return [x, y].map((value) => Math.min(Math.max(Math.floor(value), 0), side - 1));
}

/**
 * @param {{bbox: number[], zooms: number[]}} area
 * @param {(progress: {done: number, total: number, bytes: number}) => void} progress
 * @param {AbortSignal} [signal]
 * @returns {Promise<{kept: number, failed: number, bytes: number, stopped: boolean}>}
 */
export async function keepArea(area, progress = () => {}, signal = undefined) {
  if (planArea(area).tiles > BUDGET.tiles) throw new Trouble("full", { message: "Wilayah ini terlalu luas untuk disimpan." });
  const wanted = addresses(area, await catalogue());
  const sums = { done: 0, total: wanted.length, kept: 0, bytes: 0 };
  const queue = wanted.values();
  const takeTurns = async () => {
    for (const address of queue) {
      if (signal?.aborted) return;
      await keepOne(address, sums);
      progress({ done: sums.done, total: sums.total, bytes: sums.bytes });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, takeTurns));
  const { kept, bytes } = sums;
  const told = { kept, failed: wanted.length - kept, bytes, stopped: Boolean(signal?.aborted) };
  if (told.stopped) return told;
  await forgetOthers(new Set(wanted));
  if (kept) await setFact("area", { ...area, tiles: kept, lacking: told.failed, bytes, kept_at: Date.now() });
  tell("tiles");
  return told;
}

/** Just as the map asks for them: the layers of the first view come in one tile. */
function addresses(area, { layers, jointTiles }) {
  const joint = layers.filter((layer) => layer.shown && !layer.facet).map((layer) => layer.id);
  if (!joint.length) return [];
  const fill = ({ z, y, x }) => jointTiles.replace("{z}", z).replace("{y}", y).replace("{x}", x);
  return Array.from(cells(area), (cell) => `${location.origin}${fill(cell)}?collections=${joint}`);
}

async function keepOne(address, sums) {
  const cache = await caches.open(TILES);
  const before = await cache.match(address, { ignoreVary: true });
  const age = before ? Date.now() - Date.parse(before.headers.get("Date")) : Infinity;
  const response = age < FRESH ? before : await fetchTile(address);
  sums.done += 1;
  if (!response) {
    sums.kept += before ? 1 : 0; // an old one is better than none
    return;
  }
  const size = response.status === 204 ? 0 : (await response.clone().arrayBuffer()).byteLength;
  if (sums.bytes + size > BUDGET.bytes) throw new Trouble("full", { message: "Peta wilayah ini terlalu besar untuk disimpan." });
  if (response !== before) await cache.put(address, response).catch((error) => { throw troubled(error); });
  sums.kept += 1;
  sums.bytes += size;
}

async function fetchTile(address) {
  try {
    const response = await fetch(address, { credentials: "omit", redirect: "error", cache: "no-store" });
    return isTile(response) ? response : null;
  } catch {
    return null;
  }
}

export const isTile = (response) =>
  response.status === 204 ||
  (response.status === 200 && response.headers.get("Content-Type") === "application/vnd.mapbox-vector-tile");

async function forgetOthers(wanted) {
  const cache = await caches.open(TILES);
  for (const request of await cache.keys()) {
    if (!wanted.has(request.url) && !request.url.endsWith(CATALOGUE)) await cache.delete(request, { ignoreVary: true });
  }
}

export async function kept() {
  return (await fact("area")) ?? null;
}

export async function dropArea() {
  await dropTiles();
  await setFact("area", undefined);
  tell("tiles");
}

export const dropTiles = () => caches.delete(TILES);
