// Work waiting for this officer, nearest first, on a map where it has places.

import { element } from "portal/element";
import * as outbox from "../outbox.js";
import * as sync from "../sync.js";
import { nearestFirst, searchable, tell } from "./code_list.js";
import { placesMap } from "./field_map.js";
import { empty, notice } from "./parts.js";
import { pointOf, watchPosition } from "./position.js";
import { reference } from "./reference.js";
import { dayName } from "./written.js";

export async function tasks(app, [formId]) {
  const known = await reference();
  const form = known.form(formId);
  const task = form && known.task(form);
  if (!task) return { title: "Tugas", body: empty("Daftar tugas ini tidak ada di ponsel.", element("a", { class: "button", href: "#/" }, "Ke Beranda")) };

  // What the server has heard of since is its own to list or not; of today's no one is asked twice.
  const pulledAt = (await sync.lastPulledAt()) ?? 0;
  const fresh = (item) => !item.answered_at || item.answered_at > pulledAt || dayName(item.finished_at) === dayName(Date.now());
  const answered = new Set((await outbox.list())
    .filter((item) => item.form === formId && !["refused", "withdrawn", "conflict"].includes(item.state) && fresh(item))
    .map((item) => item.values[task.field.name]));
  const open = task.rows.filter((one) => !answered.has(one.code));
  const link = (one) => `#/new/${formId}?${new URLSearchParams({ [task.field.name]: one.code })}`;
  const { root, moved } = searchable(open, {
    link, label: `Cari: ${task.title}`,
    none: "Tidak ada tugas yang menunggu. Daftar ini diperbarui saat sinkron.",
  });
  const placed = open.some((one) => one.point);
  const frame = element("div", { class: "map-frame map-short" });
  const map = placed ? placesMap(frame, { href: link, said: (one) => `${one.name}. ${tell(one)}` }) : null;
  map?.show(open);
  let sorted = false;
  const stop = placed ? watchPosition((fix) => {
    const here = pointOf(fix);
    map.moved(here);
    if (sorted) return; // once: a list must not jump under the thumb
    sorted = true;
    moved(here);
    map.show(nearestFirst(open, here));
  }) : () => {};
  const done = task.rows.length - open.length;
  return {
    title: task.title,
    body: [
      placed ? frame : null,
      done ? notice(`${done} sudah Anda isi dan tidak ditampilkan lagi.`, { kind: "info" }) : null,
      root,
    ].filter(Boolean),
    leave() {
      stop();
      map?.remove();
    },
  };
}
