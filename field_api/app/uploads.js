// Photos on their way, by tus 1.0.0: in pieces, taken up again where the server says it stopped.
// The bytes leave the phone only when the server has counted and checked the last of them.

import { ask, busy, isProblem, refusal } from "./api.js";
import { LONGEST_WAIT, postponed } from "./batches.js";
import { tell } from "./changes.js";
import { ahead } from "./clock.js";
import { everything, read } from "./database.js";
import { changePhoto } from "./photos.js";
import { Trouble } from "./trouble.js";

const LARGEST = 256 * 1024; // bytes a piece
const SMALLEST = 16 * 1024;
const TUS = { "Tus-Resumable": "1.0.0" };
const KEPT = ["accepted", "received", "refused"]; // states of an item of which the server wants the photos

let piece = LARGEST; // halves when one does not get through, grows back when one does

export async function sendPhotos(device) {
  for (const photo of await due(device.user.username)) {
    try {
      await upload(photo, device.token);
    } catch (error) {
      const own = error.code === "refused" || error.code === "unreadable"; // of this photo alone
      const tried = { ...photo, tries: photo.tries + 1 };
      const { tries, last_error, next_try_at } = own ? postponed(tried, error.message) : tried;
      await changePhoto(photo.id, { tries, last_error, next_try_at });
      if (!own) throw error;
    } finally {
      tell("outbox");
    }
  }
}

async function due(username) {
  const [items, photos] = await Promise.all([everything("items"), everything("photos")]);
  const wanted = new Map(
    items.filter(({ user, state }) => user === username && KEPT.includes(state)).map((item) => [item.instance_id, item]),
  );
  return photos
    .filter(({ of, state, next_try_at }) => state === "waiting" && wanted.has(of) && !ahead(next_try_at, LONGEST_WAIT))
    .sort((one, other) => one.tries - other.tries || wanted.get(one.of).sequence - wanted.get(other.of).sequence);
}

async function upload(photo, token) {
  const bytes = await read(["bytes"], (tx) => tx.objectStore("bytes").get(photo.id));
  if (!bytes) throw new Trouble("unreadable");
  let { address, offset } = await whereabouts(photo, token);
  let setbacks = 0;
  while (offset < photo.size) {
    const next = await sendPiece({ address, offset, token, part: bytes.slice(offset, offset + piece) });
    if (next <= offset && ++setbacks > 3) throw new Trouble("refused", { message: "Foto tidak sampai dengan utuh." });
    offset = next;
    if (offset === photo.size) break;
    await changePhoto(photo.id, { offset });
    tell("outbox");
  }
  await changePhoto(photo.id, { state: "sent", offset, last_error: null }, { dropBytes: true });
}

/** Where it goes and how much of it is there: asked anew each time, the server alone knows. */
async function whereabouts(photo, token) {
  if (photo.address) {
    const response = await ask(photo.address, { method: "HEAD", token, headers: TUS });
    if (response.status === 200) return { address: photo.address, offset: offsetOf(response, photo) };
    if (![404, 410].includes(response.status)) throw await problemOf(response);
  }
  const { of: instance_id, name: filename, sha256, type: filetype } = photo;
  const response = await ask("attachments", {
    method: "POST",
    token,
    headers: { ...TUS, "Upload-Length": String(photo.size), "Upload-Metadata": metadata({ instance_id, filename, sha256, filetype }) },
  });
  if (response.status !== 200 && response.status !== 201) throw await problemOf(response);
  const address = addressOf(response);
  const offset = offsetOf(response, photo);
  await changePhoto(photo.id, { address, offset });
  return { address, offset };
}

const metadata = (pairs) =>
  Object.entries(pairs).map(([key, value]) => `${key} ${base64(new TextEncoder().encode(value))}`).join(",");

const base64 = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes)));

function addressOf(response) {
  const { origin, pathname } = new URL(response.headers.get("Location") ?? "", location.origin);
  if (origin !== location.origin || !pathname.startsWith("/api/v1/attachments/")) throw new Trouble("no-answer");
  return pathname;
}

function offsetOf(response, { size } = {}) {
  const text = response.headers.get("Upload-Offset");
  const offset = Number(text);
  // Whoever does not speak tus is not our server, whatever its status.
  if (!/^\d+$/.test(text ?? "") || offset > (size ?? Infinity)) throw new Trouble("no-answer", { status: response.status });
  return offset;
}

/** @returns {Promise<number>} how much the server has now */
async function sendPiece({ address, offset, token, part }) {
  const digest = await crypto.subtle.digest("SHA-256", part);
  const response = await ask(address, {
    method: "PATCH",
    token,
    body: part,
    headers: {
      ...TUS,
      "Content-Type": "application/offset+octet-stream",
      "Upload-Offset": String(offset),
      "Upload-Checksum": `sha256 ${base64(digest)}`,
    },
  }).catch((error) => {
    piece = Math.max(SMALLEST, piece / 2);
    throw error;
  });
  piece = Math.min(LARGEST, piece * 2);
  if (response.status === 204) return offsetOf(response);
  if (response.status === 409 && response.headers.has("Upload-Offset")) return offsetOf(response);
  if (response.status === 460) return offset; // damaged on the way: the same piece again
  if (response.status === 422) return 0; // the whole is not what it should be: all of it again
  throw await problemOf(response);
}

async function problemOf(response) {
  const trouble = busy(response);
  if (trouble) return trouble;
  const { status, headers } = response;
  const own = isProblem(headers);
  if (status >= 500 || (!own && !headers.has("Tus-Resumable"))) return new Trouble("no-answer", { status });
  return refusal({ status, headers, body: own ? await response.json().catch(() => null) : null });
}
