// Pictures on the phone: a small row each, and apart from it the bytes, which are ours from the
// moment they are added (a file of the camera's may vanish) until the server has all of them.

import { read, write } from "./database.js";
import { Trouble, troubled } from "./trouble.js";

const ENDINGS = { "image/jpeg": "jpg", "image/png": "png", "image/webp": "webp", "image/heic": "heic" };

/** @param {Blob} blob @returns {Promise<{row: object, bytes: ArrayBuffer}>} not yet written */
export async function photoOf(question, blob) {
  const bytes = await blob.arrayBuffer().catch((error) => { throw troubled(error); });
  if (!bytes.byteLength || bytes.byteLength !== blob.size) throw new Trouble("unreadable");
  const sha256 = hex(await crypto.subtle.digest("SHA-256", bytes));
  const row = {
    id: crypto.randomUUID(),
    question,
    name: `${question}-${sha256.slice(0, 12)}.${ENDINGS[blob.type] ?? "bin"}`,
    type: blob.type || "application/octet-stream",
    size: bytes.byteLength,
    sha256,
    state: "waiting",
    offset: 0,
    address: null, // where the server takes it, once it has said so
    tries: 0,
    last_error: null,
    next_try_at: null,
  };
  return { row, bytes };
}

const hex = (buffer) =>
  Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");

/** The photos of a draft or an item, in the transaction at hand. */
export const photosOf = (tx, id) => tx.objectStore("photos").index("of").getAll(id);

export async function dropPhotos(tx, rows) {
  const drop = ({ id }) => [tx.objectStore("photos").delete(id), tx.objectStore("bytes").delete(id)];
  await Promise.all(rows.flatMap(drop));
}

export async function photoBlob(id) {
  return read(["photos", "bytes"], async (tx) => {
    const row = await tx.objectStore("photos").get(id);
    const bytes = row && (await tx.objectStore("bytes").get(id));
    return bytes ? new Blob([bytes], { type: row.type }) : null;
  });
}

/** Changes a row, if it is still there. */
export function changePhoto(id, change, { dropBytes = false } = {}) {
  return write(["photos", "bytes"], async (tx) => {
    const photos = tx.objectStore("photos");
    const row = await photos.get(id);
    if (row) await photos.put({ ...row, ...change });
    if (dropBytes) await tx.objectStore("bytes").delete(id);
  });
}
