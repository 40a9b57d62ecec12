// What the officer is filling in. Each change is on the disk before the next question; a change
// names only what it changes, so that two tabs on one draft do not undo each other.

import { tell } from "./changes.js";
import { stamp } from "./clock.js";
import { read, write } from "./database.js";
import { current } from "./device.js";
import { dropPhotos, photoOf, photosOf } from "./photos.js";
import { Trouble } from "./trouble.js";

export { photoBlob } from "./photos.js";

const STORES = ["drafts", "photos", "bytes"];

/**
 * @param {string} form
 * @param {{values?: object, rows?: Object<string, object>, fix?: object, revises?: string}} more
 */
export async function begin(form, more = {}) {
  const device = await current();
  if (!device) throw new Trouble("unenrolled");
  const draft = await write(["drafts", "facts"], async (tx) => {
    const draft = newDraft(form, await versionNow(tx, form), device.user.username, more);
    await tx.objectStore("drafts").add(draft);
    return draft;
  });
  tell("drafts");
  return shown(draft, []);
}

/** Its id is the UUID that its item will carry. */
export function newDraft(form, form_version, user, { values = {}, rows = {}, fix = null, revises = null }) {
  const now = Date.now();
  return {
    id: crypto.randomUUID(),
    ...{ form, form_version, user, values, rows, fix, revises },
    ...{ observed_at: stamp(), created_at: now, updated_at: now },
  };
}

async function versionNow(tx, form) {
  const offered = (await tx.objectStore("facts").get("offered")) ?? [];
  return offered.find(([id]) => id === form)?.[1] ?? "1";
}

/** @param {{values?: object, rows?: object, fix?: object|null, observed_at?: string}} changes */
export function change(id, { values = {}, rows = {}, ...whole }) {
  return changed(id, (draft) => {
    const both = Object.entries(rows).map(([key, row]) => [key, row && merged(draft.rows[key] ?? {}, row)]);
    const { fix = draft.fix, observed_at = draft.observed_at } = whole;
    const kept = merged(draft.rows, Object.fromEntries(both));
    return { ...draft, fix, observed_at, values: merged(draft.values, values), rows: kept };
  });
}

function merged(before, changes) {
  const entries = Object.entries({ ...before, ...changes });
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined && value !== null && value !== ""));
}

async function changed(id, edit, alongside = () => {}) {
  const draft = await write(STORES, async (tx) => {
    const drafts = tx.objectStore("drafts");
    const before = await drafts.get(id);
    if (!before) throw new Trouble("gone");
    await alongside(tx);
    const draft = { ...edit(before), updated_at: Date.now() };
    await drafts.put(draft);
    return shown(draft, await photosOf(tx, id));
  });
  tell("drafts", { id });
  return draft;
}

/** @param {Blob} blob takes the place of the question's picture before */
export async function addPhoto(id, question, blob) {
  const { row, bytes } = await photoOf(question, blob);
  return changed(id, (draft) => draft, async (tx) => {
    await dropPhotos(tx, await answering(tx, id, question));
    await tx.objectStore("photos").add({ ...row, of: id });
    await tx.objectStore("bytes").add(bytes, row.id);
  });
}

export function removePhoto(id, question) {
  return changed(id, (draft) => draft, async (tx) => dropPhotos(tx, await answering(tx, id, question)));
}

async function answering(tx, id, question) {
  return (await photosOf(tx, id)).filter((row) => row.question === question);
}

/** Those of the officer whose phone this is now. */
export async function list() {
  const device = await current();
  const drafts = await read(["drafts", "photos"], async (tx) => {
    const own = (await tx.objectStore("drafts").getAll()).filter(({ user }) => user === device?.user.username);
    return Promise.all(own.map(async (draft) => shown(draft, await photosOf(tx, draft.id))));
  });
  return drafts.sort((one, other) => other.updated_at - one.updated_at);
}

export async function get(id) {
  const device = await current();
  return read(["drafts", "photos"], async (tx) => {
    const draft = await tx.objectStore("drafts").get(id);
    return draft?.user === device?.user.username && draft ? shown(draft, await photosOf(tx, id)) : null;
  });
}

export async function remove(id) {
  await write(STORES, async (tx) => {
    if (!(await tx.objectStore("drafts").get(id))) return; // finished meanwhile: its photos stay
    await dropPhotos(tx, await photosOf(tx, id));
    await tx.objectStore("drafts").delete(id);
  });
  tell("drafts", { id });
}

export function shown(draft, photos) {
  const pictures = photos.map(({ id, question, name, type, size }) => [question, { id, name, type, size }]);
  return { ...draft, photos: Object.fromEntries(pictures) };
}
