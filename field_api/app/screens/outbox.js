// What was sent and what became of it; what waits, and why.

import { element } from "portal/element";
import * as outbox from "../outbox.js";
import * as sender from "../sender.js";
import { groupBy } from "./groups.js";
import { button, empty, icon, list, notice, section } from "./parts.js";
import { reference } from "./reference.js";
import { isUnderway, needingOfficer, revisedIn, stateTags } from "./states.js";
import { lately } from "./written.js";

const MANY = 4; // from so many sent with one tap on, they are one line that opens

export async function outboxScreen(app) {
  const [items, known] = await Promise.all([outbox.list(), reference()]);
  const status = sender.status();
  const mine = needingOfficer(items);
  const rest = items.filter((item) => !mine.includes(item));
  const revised = revisedIn(items);
  const underway = rest.filter(isUnderway);
  const done = rest.filter((item) => !isUnderway(item));
  const lines = (some) => list(together(some).flatMap((group) =>
    (group.length < MANY ? group.map((item) => line(item, known, revised)) : [bundle(group, known, revised)])));
  const retry = button(status.running ? "Sedang mengirim…" : "Kirim sekarang", () => app.guarded(retry, () => outbox.retry()), { with: "sync", disabled: status.running });
  const body = [
    underway.length && status.trouble && navigator.onLine ? notice(status.trouble, { kind: "warn", glyph: status.code === "no-answer" ? "offline" : "alert" }) : null,
    mine.length ? section("Perlu tindakan Anda", lines(mine)) : null,
    underway.length ? section(`Menunggu (${underway.length})`, lines(underway), retry) : null,
    done.length ? section("Selesai", lines(done)) : null,
    done.length ? button("Bersihkan yang sudah diterima", () => app.guarded(null, () => outbox.prune({ days: 0 })), { kind: "plain" }) : null,
    items.length ? null : empty("Belum ada kiriman. Yang Anda kirim dan jawabannya tampil di sini.", element("a", { class: "button", href: "#/" }, "Isi formulir")),
  ].filter(Boolean);
  return { title: "Kotak kirim", body, watch: ["outbox", "sender", "sync"], tab: "outbox" };
}

function line(item, known, revised) {
  return element("a", { class: "row", href: `#/item/${item.instance_id}` },
    element("span", { class: "row-text" },
      element("b", {}, known.form(item.form)?.title ?? item.title),
      element("span", {}, known.summary(item.form, item.values)),
      element("span", { class: "state-line" }, ...stateTags(item, revised), lately(item.finished_at))),
    icon("next"));
}

const together = (items) => [...groupBy(items, (item) => `${item.form} ${item.finished_at}`).values()];

function bundle(items, known, revised) {
  const [first] = items;
  return element("details", { class: "bundle", id: `bundle-${first.form}-${first.finished_at}-${first.state}` },
    element("summary", { class: "row" },
      element("span", { class: "row-text" },
        element("b", {}, `${first.title} · ${items.length} kiriman`),
        element("span", { class: "state-line" }, ...(sameState(items) ? stateTags(first) : []), lately(first.finished_at))),
      icon("next")),
    ...items.map((item) => line(item, known, revised)));
}

const sameState = (items) => items.every((one) => one.state === items[0].state && one.photos.total === 0);
