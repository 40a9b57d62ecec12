// How every page of the portal begins its map: in #map, with its notices in #pill and #toast, and what
// the page draws itself put on the style again whenever that is built anew.

import { createMap } from "./map.js";
import { createNotices } from "./notices.js";

/* {map, notices}; no map where the browser cannot draw one, which is then said. `draw(map)` has to
   bear being asked twice. No failure is told of what a page draws from its own GeoJSON, nor of the
   sources in `quiet`. */
export async function startMap({ catalogue, words, state, draw, quiet = [], notices = ownNotices(words) }) {
  const box = document.getElementById("map");
  let map;
  try {
    map = await createMap(box, catalogue, state, words, notices);
  } catch {
    box.dataset.state = "failed";
    notices.fail(words.notSupported);
    return { notices };
  }
  map.on("error", ({ sourceId, error }) => {
    if (!sourceId || quiet.includes(sourceId) || String(error?.message).includes("GeoJSON")) return;
    notices.fail(words.tilesFailed, () => map.refreshTiles(sourceId));
  });
  if (draw) {
    const again = () => draw(map);
    map.on("styledata", again);
    if (map.isStyleLoaded()) again();
  }
  return { map, notices };
}

const ownNotices = (words) => createNotices(document.getElementById("pill"), document.getElementById("toast"), words);
