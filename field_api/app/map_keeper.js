// Keeping the map for days without a network: the officer's own area, by one tap or, where that
// costs nothing, by itself. One tab at a time, and whatever screen is open meanwhile.

import { on, tell } from "./changes.js";
import { fact } from "./database.js";
import { storage } from "./device.js";
import { catalogue, keepArea, kept, planArea } from "./tiles.js";
import { troubled } from "./trouble.js";

const ZOOMS = [10, 11, 12, 13, 14, 15, 16];
const LITTLE = 15_000_000; // bytes that are fetched unasked, where nobody pays for them
const SPARE = 200_000_000; // bytes that must be free: photos need the room more than a map
const STEPS = 20; // times that the progress is told

let plan = null; // {area, tiles, bytes}: what keeping would take
let declined = false; // the officer stopped it
let run = null; // {progress, stopping} of the keeping that is under way in this tab

/** What keeping would take, as soon as it is known, and how far one is that is under way. */
export const status = () => ({ plan, progress: run?.progress ?? null });

export function stop() {
  declined = true;
  run?.stopping.abort();
}

/** After each time of synchronising, for what it said of the area. */
export function startKeeping() {
  on("sync", () => keepUnasked().catch(() => {}));
  return keepUnasked().catch(() => {}); // no network: another time
}

async function keepUnasked() {
  const [pulled, before, duty] = await Promise.all([fact("pulled"), kept(), fact("duty")]);
  if (!pulled || run || declined || !navigator.onLine) return;
  if (before && !before.lacking && (!duty || String(duty) === String(before.bbox))) return;
  plan = await planned();
  tell("tiles");
  if (plan.bytes < LITTLE && isFree() && (await storage()).room > SPARE) await keep();
}

// A browser that cannot say so may be on a connection that is paid by the byte.
function isFree() {
  const { saveData = true, type } = navigator.connection ?? {};
  return !saveData && type !== "cellular";
}

/** Where the officer's duties are; where they know no bounds, the whole city. */
async function planned() {
  const bbox = (await fact("duty")) ?? (await catalogue()).bounds;
  const area = { bbox, zooms: ZOOMS };
  return { area, ...planArea(area) };
}

/** @returns {Promise<{failed: number, stopped: boolean} | null>} null where another tab is at it */
export function keep() {
  return navigator.locks.request("field-map", { ifAvailable: true }, (lock) => (lock ? keepNow() : null));
}

async function keepNow() {
  run = { progress: { done: 0, total: 1, bytes: 0 }, stopping: new AbortController() };
  try {
    plan = await planned();
    return await keepArea(plan.area, told, run.stopping.signal);
  } catch (error) {
    throw troubled(error);
  } finally {
    run = null;
    tell("tiles");
  }
}

function told(progress) {
  const step = ({ done, total }) => Math.floor((STEPS * done) / total);
  const further = step(progress) > step(run.progress);
  run.progress = progress;
  if (further) tell("tiles");
}
