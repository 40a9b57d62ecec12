// What the officer may do with an item that is finished.

import { tell } from "./changes.js";
import { write } from "./database.js";
import { newDraft, shown } from "./drafts.js";
import { contentOf } from "./item.js";
import { dropPhotos, photosOf } from "./photos.js";
import { Trouble } from "./trouble.js";

const DAY = 86_400_000;
const SETTLED = ["accepted", "refused", "withdrawn"]; // the server has it, and said what became of it

const changed = async (stores, work) => {
  const result = await write(stores, work);
  tell("outbox");
  tell("drafts");
  return result;
};

async function itemIn(tx, id) {
  const item = await tx.objectStore("items").get(id);
  if (!item) throw new Trouble("gone");
  return item;
}

/** Tries again now: one item, or all. */
export async function retry(id) {
  await changed(["items", "photos"], async (tx) => {
    for (const [store, named] of [["items", "instance_id"], ["photos", "of"]]) {
      for (const row of await tx.objectStore(store).getAll()) {
        const meant = !id || row[named] === id;
        if (meant && row.next_try_at) await tx.objectStore(store).put({ ...row, next_try_at: null });
      }
    }
  });
  tell("outbox", { fresh: true });
}

/** Back to a draft, under the same UUID and sequence: no server has seen them. */
export function reopen(id) {
  return changed(["items", "drafts", "photos"], async (tx) => {
    const item = await itemIn(tx, id);
    if (item.tries) throw new Trouble("frozen");
    const draft = { ...draftOf(item), id, sequence: item.sequence };
    await tx.objectStore("items").delete(id);
    await tx.objectStore("drafts").add(draft);
    return shown(draft, await photosOf(tx, id));
  });
}

/** A new draft of the same content that names the one it changes. */
export const revise = (id) => again(id, { revises: id });

/** A new draft of the same content under a UUID of its own; finishing it takes this one's place. */
export const copy = (id) => again(id, { revises: null, replaces: id });

function again(id, naming) {
  return changed(["items", "drafts", "photos", "bytes"], async (tx) => {
    const item = await itemIn(tx, id);
    const photos = await photosOf(tx, id);
    const draft = { ...draftOf(item), ...naming };
    const copies = [];
    for (const row of photos) {
      const bytes = await tx.objectStore("bytes").get(row.id);
      if (!bytes) continue; // the name stays the answer: the server has that picture
      const fresh = { ...row, id: crypto.randomUUID(), of: draft.id, state: "waiting", offset: 0, address: null };
      await tx.objectStore("photos").add(fresh);
      await tx.objectStore("bytes").add(bytes, fresh.id);
      copies.push(fresh);
    }
    await tx.objectStore("drafts").add(draft);
    return shown(draft, copies);
  });
}

const draftOf = (item) => {
  const { observed_at, ...content } = contentOf(item.body);
  const draft = newDraft(item.form, item.form_version, item.user, content);
  // A time that was refused came from a wrong clock; that of now is the nearest one known.
  return item.reasons?.observed_at ? draft : { ...draft, observed_at };
};

/** Takes it back: here where no server keeps it, else there, as soon as there is a network. */
export async function withdraw(id) {
  await changed(["items", "photos", "bytes"], async (tx) => {
    const item = await itemIn(tx, id);
    if (!item.tries || item.state === "conflict") await drop(tx, id);
    else await tx.objectStore("items").put({ ...item, withdrawing: true, withdraw_error: null });
  });
  tell("outbox", { fresh: true });
}

/** The one that a copy replaces, if no server keeps it: finishing the copy takes it off the list. */
export async function dropReplaced(tx, id) {
  const item = id && (await tx.objectStore("items").get(id));
  if (item?.state === "conflict") await drop(tx, id);
}

/** Off the list, once there is nothing left to send of it. */
export function dismiss(id) {
  return changed(["items", "photos", "bytes"], async (tx) => {
    const item = await itemIn(tx, id);
    if (!SETTLED.includes(item.state) || (await owed(tx, item))) throw new Trouble("unsent", { count: 1 });
    await drop(tx, id);
  });
}

/** Takes old matters, accepted or withdrawn, off the list. */
export function prune({ days = 14 } = {}) {
  const since = Date.now() - days * DAY;
  return changed(["items", "photos", "bytes"], async (tx) => {
    for (const item of await tx.objectStore("items").getAll()) {
      const old = ["accepted", "withdrawn"].includes(item.state) && item.answered_at < since;
      if (old && !unfinished(item) && !(await owed(tx, item))) await drop(tx, item.instance_id);
    }
  });
}

/** Something of it is still to be said, by the phone to the server or to the officer. */
function unfinished({ withdrawing, withdraw_error, conflicts }) {
  return withdrawing || withdraw_error || Object.keys(conflicts ?? {}).length > 0;
}

async function owed(tx, { instance_id, state }) {
  if (state === "withdrawn") return false; // its photos are asked for by nobody
  return (await photosOf(tx, instance_id)).some((photo) => photo.state === "waiting");
}

async function drop(tx, id) {
  await dropPhotos(tx, await photosOf(tx, id));
  await tx.objectStore("items").delete(id);
}
