// The city and the places of one's work; here the map is kept for days without a network.

import { element } from "portal/element";
import * as changes from "../changes.js";
import * as tiles from "../tiles.js";
import { nearestFirst } from "./code_list.js";
import { placesMap } from "./field_map.js";
import { keepButton, keptSaid } from "./kept_map.js";
import { pointOf, watchPosition } from "./position.js";
import { reference } from "./reference.js";

export async function mapScreen(app) {
  const known = await reference();
  const places = known.forms.map(known.task).filter(Boolean)
    .flatMap(({ form, field, rows }) => rows.map((one) => ({ ...one, link: `#/new/${form.form}?${new URLSearchParams({ [field.name]: one.code })}` })));
  const frame = element("div", { class: "map-frame" });
  const foot = element("div", { class: "map-foot" });
  const map = placesMap(frame, { href: (one) => one.link });
  map.show(places);
  let sorted = false;
  const stop = watchPosition((fix) => {
    map.moved(pointOf(fix));
    if (!sorted) map.show(nearestFirst(places, pointOf(fix)));
    sorted = true;
  });

  async function tellKept() {
    const kept = await tiles.kept();
    foot.replaceChildren(element("p", { role: "status" }, `${keptSaid(kept)}.`), keepButton(app, kept));
  }
  const deaf = changes.on("tiles", tellKept);
  await tellKept();
  return {
    title: "Peta", wide: true, body: [frame, foot], tab: "map",
    leave() {
      stop();
      deaf();
      map.remove();
    },
  };
}
