// One thing that was sent: what it said, what became of it, and what may still be done.

import { element } from "portal/element";
import * as drafts from "../drafts.js";
import * as outbox from "../outbox.js";
import { byField } from "./form.js";
import { ask, button, empty, icon, notice, section } from "./parts.js";
import { thumbnail } from "./photo.js";
import { reference } from "./reference.js";
import { explained, isSent, revisedIn, stateTags } from "./states.js";
import { lately, moment } from "./written.js";

export async function itemScreen(app, [id]) {
  const [item, items, drafted, known] = await Promise.all([outbox.get(id), outbox.list(), drafts.list(), reference()]);
  if (!item) {
    const body = empty("Kiriman ini tidak ada lagi di ponsel.", element("a", { class: "button", href: "#/outbox" }, "Ke Kotak kirim"));
    return { title: "Kiriman", body, watch: ["outbox"] };
  }
  const revised = revisedIn(items);
  const revision = drafted.find((draft) => draft.revises === id);
  const body = [
    section(known.form(item.form)?.title ?? item.title, element("p", { class: "state-line" }, ...stateTags(item, revised)), element("p", {}, explained(item))),
    ...general(item, known),
    answers(item, known),
    await pictures(item),
    element("p", { class: "count" }, times(item)),
    element("div", { class: "acts" }, ...acts(app, item, { revision, replaced: revised.has(id) })),
  ].filter(Boolean);
  return { title: "Kiriman", body, watch: ["outbox"], back: "#/outbox" };
}

// Reasons that belong to no question of the form, and troubles of withdrawing and of photos.
function general(item, known) {
  const named = new Set((known.form(item.form)?.fields ?? []).map((field) => field.name));
  const others = Object.entries(byField(item.reasons)).filter(([name]) => !named.has(name)).map(([, text]) => text);
  const photos = item.photos.list.filter((one) => one.state === "refused" || one.last_error).map((one) => `Foto: ${one.last_error ?? "ditolak server."}`);
  return [...others, ...(item.withdraw_error ? [item.withdraw_error] : []), ...photos].map((text) => notice(text, { kind: "bad" }));
}

function answers(item, known) {
  const fields = (known.form(item.form)?.fields ?? []).filter((field) => field.kind !== "photo");
  const reasons = byField(item.reasons);
  const clashes = byField(item.conflicts);
  const told = fields.map((field) => {
    const text = known.answer(field, item.values[field.name]);
    const clash = clashes[field.name];
    if (!text && !reasons[field.name] && !clash) return null;
    return element("div", {},
      element("dt", {}, field.title), element("dd", {}, text || "(kosong)"),
      reasons[field.name] ? element("dd", { class: "problem" }, icon("alert"), reasons[field.name]) : null,
      clash ? element("dd", { class: "problem" }, icon("clash"), `Sudah diubah orang lain; yang berlaku: ${known.answer(field, clash.standing) || "(kosong)"}`) : null);
  });
  return element("dl", { class: "answers" }, ...told.filter(Boolean));
}

async function pictures(item) {
  const held = await Promise.all(item.photos.list.map(async (photo) => [photo, await drafts.photoBlob(photo.id)]));
  const shown = held.filter(([, blob]) => blob).map(([, blob]) => thumbnail(blob, "Foto kiriman ini"));
  return shown.length ? element("div", { class: "pictures" }, ...shown) : null;
}

function times(item) {
  const parts = [`Dicatat ${moment(item.observed_at)}`];
  if (item.answered_at) parts.push(`dijawab server ${lately(item.answered_at)}`);
  else if (item.tries) parts.push(`dicoba ${item.tries} kali`);
  if (item.next_try_at && item.state === "waiting") parts.push(`dicoba lagi ${lately(item.next_try_at)}`);
  if (item.version > 1) parts.push(`versi ${item.version}`);
  return `${parts.join(" · ")}.`;
}

function acts(app, item, { revision, replaced }) {
  const to = (make) => async () => {
    const draft = await make(item.instance_id);
    app.go(`#/draft/${draft.id}`);
  };
  const act = (text, doing, options) => {
    const made = button(text, () => app.guarded(made, doing), options);
    return made;
  };
  const found = [];
  if (item.state === "waiting") {
    found.push(act("Kirim sekarang", () => outbox.retry(item.instance_id), { kind: "main", with: "sync" }));
    if (!item.tries) found.push(act("Ubah lagi", to(outbox.reopen), { with: "edit" }));
  }
  if (revision) found.push(element("a", { class: "button button-main", href: `#/draft/${revision.id}` }, icon("edit"), "Lanjutkan perbaikan"));
  else if (item.state === "refused" && !replaced) found.push(act("Perbaiki", to(outbox.revise), { kind: "main", with: "edit" }));
  else if (item.state === "accepted" && !replaced) found.push(act("Perbarui isian", to(outbox.revise), { with: "edit" }));
  if (item.state === "conflict") found.push(act("Salin sebagai kiriman baru", to(outbox.copy), { kind: "main", with: "edit" }));
  if (item.state === "refused" && !revision) found.push(act("Singkirkan", () => dismiss(app, item), { with: "trash" }));
  const holds = item.revises && isSent(item); // it goes with its record, by the first one
  const mayWithdraw = !replaced && !holds && !["withdrawn", "sending", "conflict", "refused"].includes(item.state) && !item.withdrawing;
  if (mayWithdraw) found.push(act("Tarik kembali", () => withdraw(app, item), { kind: "danger", with: "undo" }));
  return found;
}

async function dismiss(app, item) {
  const sure = await ask({ title: "Singkirkan dari daftar?", text: "Kiriman yang ditolak ini tetap tercatat di server, tetapi tidak tampil lagi di ponsel.", yes: "Singkirkan" });
  if (!sure) return;
  await outbox.dismiss(item.instance_id);
  app.go("#/outbox");
}

async function withdraw(app, item) {
  const text = isSent(item) ? "Kiriman ini tidak berlaku lagi. Catatan bahwa ia pernah dikirim tetap ada." : "Kiriman ini belum sampai ke server dan akan dihapus dari ponsel bila belum sempat dikirim.";
  const sure = await ask({ title: "Tarik kembali?", text, yes: "Tarik kembali", danger: true });
  if (!sure) return;
  await outbox.withdraw(item.instance_id);
  if (!(await outbox.get(item.instance_id))) app.go("#/outbox");
}
