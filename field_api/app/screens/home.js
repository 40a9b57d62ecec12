// The first screen: whether one is ready to go out, what waits, and what may be filled in.

import { element } from "portal/element";
import * as drafts from "../drafts.js";
import * as outbox from "../outbox.js";
import * as sender from "../sender.js";
import * as sync from "../sync.js";
import * as tiles from "../tiles.js";
import { isWhole, keepButton, keptSaid } from "./kept_map.js";
import { button, empty, icon, list, row, section } from "./parts.js";
import { reference } from "./reference.js";
import { needingOfficer } from "./states.js";
import { lately } from "./written.js";

export async function home(app) {
  const [known, items, drafted, pulledAt, kept] = await Promise.all([
    reference(), outbox.list(), drafts.list(), sync.lastPulledAt(), tiles.kept(),
  ]);
  const tasks = known.forms.map(known.task).filter(Boolean);
  const attention = needingOfficer(items).length;
  const waiting = items.filter((item) => ["waiting", "sending"].includes(item.state)).length;
  const photos = items.reduce((sum, item) => sum + item.photos.total - item.photos.sent, 0);
  const body = [
    ready(app, { known, pulledAt, kept }),
    tasks.length ? section("Tugas saya", list(tasks.map(taskRow))) : null,
    section("Isi formulir", known.forms.length
      ? list(known.forms.map((form) => row({ title: form.title, note: noteOf(form), glyph: "form", href: `#/new/${form.form}` })))
      : empty(pulledAt ? "Belum ada formulir bagi Anda. Hubungi administrator portal di kantor Anda." : navigator.onLine ? "Sedang mengambil formulir dan daftar…" : "Formulir diambil begitu ada jaringan.")),
    section("Kiriman", list([
      row({ title: "Draf", note: drafted.length ? "Belum dikirim" : "Tidak ada", glyph: "draft", href: "#/drafts", end: drafted.length || null }),
      row({ title: "Kotak kirim", note: outboxNote(waiting, attention, photos), glyph: "outbox", href: "#/outbox", end: attention || waiting || null, tone: attention ? "bad" : "" }),
      row({ title: "Peta", note: "Kota dan tempat tugas Anda", glyph: "map", href: "#/map" }),
    ])),
  ].filter(Boolean);
  return { title: "Petugas Lapangan", body, watch: ["outbox", "drafts", "sync", "tiles", "sender"], tab: "home" };
}

const taskRow = ({ form, title, rows }) =>
  row({ title, note: form.title, glyph: "task", href: `#/tasks/${form.form}`, end: rows.length });

function noteOf(form) {
  const photos = form.fields.some((field) => field.kind === "photo");
  return [form.geometry === "required" ? "dengan posisi" : null, photos ? "dapat dilampiri foto" : null].filter(Boolean).join(", ");
}

function outboxNote(waiting, attention, photos) {
  const parts = [];
  if (attention) parts.push(`${attention} perlu diperbaiki`);
  if (waiting) parts.push(`${waiting} menunggu dikirim`);
  else if (photos) parts.push(`${photos} foto menunggu dikirim`);
  return parts.join(" · ") || "Semua sudah terkirim";
}

function ready(app, { known, pulledAt, kept }) {
  const all = Boolean(known.forms.length && pulledAt && isWhole(kept));
  const check = (good, text) => element("li", {}, icon(good ? "done" : "alert"), element("span", {}, text));
  const pull = button("Sinkronkan", () => app.guarded(pull, async () => {
    await sync.pull();
    await sender.sendNow();
    app.toast("Formulir, daftar, dan tugas sudah yang terbaru.");
  }), { with: "sync" });
  return element("details", { class: all ? "ready" : "ready ready-not", id: "ready", open: !all },
    element("summary", {}, icon(all ? "done" : "alert"),
      element("span", {}, all ? "Siap dipakai tanpa jaringan" : "Belum siap tanpa jaringan"), icon("next")),
    element("div", { class: "ready-body" },
      element("ul", {},
        check(known.forms.length, known.forms.length ? `${known.forms.length} formulir` : "Formulir belum diambil"),
        check(pulledAt, pulledAt ? `Daftar dan tugas diperbarui ${lately(pulledAt)}` : "Daftar dan tugas belum diambil"),
        check(isWhole(kept), keptSaid(kept))),
      element("div", { class: "acts" }, pull, keepButton(app, kept))));
}
