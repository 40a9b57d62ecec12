// What became of an item, in the officer's words. The same words, colour and sign everywhere.

import { tag } from "./parts.js";

const STATES = {
  waiting: ["Menunggu", "info", "waiting"],
  sending: ["Sedang dikirim", "info", "sync"],
  accepted: ["Diterima", "good", "done"],
  received: ["Terkirim, belum dinilai", "info", "done"],
  refused: ["Ditolak", "bad", "refused"],
  conflict: ["Bentrok", "bad", "clash"],
  withdrawn: ["Ditarik kembali", "info", "undo"],
};

const hasConflicts = (item) => Object.keys(item.conflicts ?? {}).length > 0;

// Those that nobody but the officer can bring on: not what a later one already puts right.
export function needingOfficer(items) {
  const revised = revisedIn(items);
  return items.filter((item) => !revised.has(item.instance_id)
    && (["refused", "conflict"].includes(item.state) || hasConflicts(item) || Boolean(item.withdraw_error)));
}
/** What a later item of this phone, or the office, puts right. */
export const revisedIn = (items) => new Set(
  items.flatMap(({ instance_id, revises, put_right }) => [revises, put_right && instance_id]).filter(Boolean),
);
export const isUnderway = (item) => ["waiting", "sending"].includes(item.state) || item.withdrawing || item.photos.sent < item.photos.total;
export const isSent = (item) => !["waiting", "sending", "conflict"].includes(item.state);

export function stateTags(item, revised = new Set()) {
  const [text, tone, glyph] = STATES[item.state] ?? [item.state, "info", "info"];
  const replaced = revised.has(item.instance_id);
  const tags = [tag(text, replaced ? "info" : tone, glyph)];
  if (item.put_right) tags.push(tag("Diperbaiki kantor: diterima", "good", "edit"));
  else if (replaced) tags.push(tag("Sudah diperbaiki", "info", "edit"));
  if (item.state === "accepted" && hasConflicts(item)) tags.push(tag("Sebagian bentrok", "bad", "clash"));
  if (item.withdrawing) tags.push(tag("Akan ditarik", "info", "undo"));
  if (item.photos.total) {
    const { sent, total } = item.photos;
    tags.push(tag(`Foto ${sent}/${total} terkirim`, sent === total ? "good" : "info", "image"));
  }
  return tags;
}

export function explained(item) {
  switch (item.state) {
    case "waiting": return item.last_error ?? "Dikirim sendiri begitu ada jaringan.";
    case "sending": return "Sedang dikirim.";
    case "accepted": return hasConflicts(item) ? "Diterima. Isian yang sudah diubah orang lain tidak ditimpa." : "Diterima dan tercatat.";
    case "received": return "Tersimpan di server; dinilai kemudian.";
    case "refused": return "Tersimpan di server, tetapi ditolak. Perbaiki isian yang ditandai.";
    case "conflict": return "Nomornya sudah dipakai kiriman lain, jadi kiriman ini tidak tersimpan di server. Kirim sebagai salinan baru.";
    case "withdrawn": return "Sudah ditarik kembali dan tidak berlaku lagi.";
    default: return "";
  }
}
