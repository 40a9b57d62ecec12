// The city and the places of one's work; here the map is kept for days without a network.

import { element } from "portal/element";
import * as tiles from "../tiles.js";
import { nearestFirst } from "./code_list.js";
import { placesMap } from "./field_map.js";
import { button, notice } from "./parts.js";
import { pointOf, watchPosition } from "./position.js";
import { reference } from "./reference.js";
import { bytes, grouped, lately } from "./written.js";

const ZOOMS = [10, 11, 12, 13, 14, 15, 16];

export async function mapScreen(app, _, { keep }) {
  const known = await reference();
  const places = known.forms.map(known.task).filter(Boolean)
    .flatMap(({ form, field, rows }) => rows.map((one) => ({ ...one, link: `#/new/${form.form}?${new URLSearchParams({ [field.name]: one.code })}` })));
  const frame = element("div", { class: "map-frame" });
  const foot = element("div", { class: "map-foot" });
  const stopped = new AbortController();
  const map = placesMap(frame, { href: (one) => one.link });
  map.show(places);
  let sorted = false;
  const stop = watchPosition((fix) => {
    map.moved(pointOf(fix));
    if (!sorted) map.show(nearestFirst(places, pointOf(fix)));
    sorted = true;
  });

  async function offer() {
    const [kept, area] = await Promise.all([tiles.kept(), areaOf()]);
    if (!area) return foot.replaceChildren(element("p", {}, "Sambungkan ke jaringan untuk menyimpan peta."));
    const plan = tiles.planArea(area);
    const size = `± ${bytes(plan.bytes)}, ${grouped(plan.tiles)} petak`;
    foot.replaceChildren(
      element("p", { role: "status" }, kept ? `Peta tersimpan ${lately(kept.kept_at)} (${bytes(kept.bytes)}).` : `Simpan peta seluruh kota agar tampil tanpa jaringan (${size}).`),
      button(kept ? "Perbarui peta di ponsel" : "Simpan peta di ponsel", () => store(area), { kind: kept ? undefined : "main", with: "keep", class: kept ? "button button-wide" : "button button-main button-wide" }),
    );
    if (keep) foot.querySelector("button").focus();
  }

  async function store(area) {
    const bar = element("progress", { max: 1, value: 0, "aria-label": "Menyimpan peta" });
    const said = element("p", { role: "status" }, "Menyimpan peta…");
    foot.replaceChildren(said, bar, button("Hentikan", () => stopped.abort(), { with: "close" }));
    try {
      const { failed } = await tiles.keepArea(area, ({ done, total, bytes: size }) => {
        bar.max = total;
        bar.value = done;
        said.textContent = `Menyimpan peta: ${grouped(done)} dari ${grouped(total)} petak, ${bytes(size)}.`;
      }, stopped.signal);
      if (failed) app.toast(`${grouped(failed)} petak belum tersimpan. Ulangi saat jaringan baik.`, "warn");
      else app.toast("Peta tersimpan di ponsel.");
      await offer();
    } catch (error) {
      await offer();
      foot.prepend(notice(error.message, { kind: "bad" }));
    }
  }

  offer();
  return {
    title: "Peta", wide: true, body: [frame, foot], tab: "map",
    leave() {
      stop();
      stopped.abort();
      map.remove();
    },
  };
}

async function areaOf() {
  try {
    const { bounds } = await tiles.catalogue();
    return { bbox: bounds, zooms: ZOOMS };
  } catch {
    return null;
  }
}
