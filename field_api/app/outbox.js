// What the officer has finished: frozen texts under their UUIDs, and what became of each.

import { dropReplaced } from "./acts.js";
import { on, tell } from "./changes.js";
import { read, write } from "./database.js";
import { current } from "./device.js";
import { textOf } from "./item.js";
import { photosOf } from "./photos.js";
import { Trouble } from "./trouble.js";

export { copy, dismiss, prune, reopen, retry, revise, withdraw } from "./acts.js";

/** What is on its way at this moment, as the tab that sends tells it. */
let underway = new Set();
on("sending", ({ ids }) => { underway = new Set(ids); });

/**
 * Freezes a draft. The text that will be sent is made here, once; it takes the draft's place, and
 * the sequence moves on, in one transaction: either all of it or none.
 * @returns {Promise<object[]>} one item, or one for each row of the draft
 */
export async function finish(draftId) {
  const device = await current();
  if (!device) throw new Trouble("unenrolled");
  const ids = await write(["drafts", "items", "photos", "bytes", "forms", "facts"], async (tx) => {
    const draft = await tx.objectStore("drafts").get(draftId);
    if (!draft) throw new Trouble("gone");
    const form = await tx.objectStore("forms").get([draft.form, draft.form_version]);
    const pictures = (await photosOf(tx, draftId)).map(({ question, name }) => [question, name]);
    const facts = tx.objectStore("facts");
    let last = (await facts.get("sequence")) ?? 0;
    const items = contents(draft).map(({ id, values }) => {
      const sequence = draft.sequence ?? ++last;
      const body = textOf({ ...draft, id, sequence, values: { ...values, ...Object.fromEntries(pictures) } });
      return frozen({ ...draft, id, sequence, body, title: form?.title ?? draft.form });
    });
    await facts.put(last, "sequence");
    await Promise.all(items.map((item) => tx.objectStore("items").add(item)));
    await tx.objectStore("drafts").delete(draftId);
    await dropReplaced(tx, draft.replaces);
    return items.map((item) => item.instance_id);
  });
  tell("drafts", { id: draftId });
  tell("outbox", { fresh: true });
  return (await list()).filter((item) => ids.includes(item.instance_id));
}

function contents({ id, values, rows }) {
  const each = Object.values(rows);
  if (!each.length) return [{ id, values }];
  return each.map((row, place) => ({ id: place ? crypto.randomUUID() : id, values: { ...values, ...row } }));
}

const frozen = ({ id, user, form, form_version, title, sequence, body }) => ({
  instance_id: id,
  ...{ user, form, form_version, title, sequence, body, state: "waiting", finished_at: Date.now() },
  ...{ tries: 0, last_error: null, next_try_at: null, answered_at: null },
  ...{ reasons: {}, conflicts: {}, trust: null, trust_reasons: [], feature_id: null, version: null },
  ...{ withdrawing: false, withdraw_error: null },
});

// -- reading

export async function list() {
  const device = await current();
  const items = await everybodys();
  return items.filter(({ user }) => user === device?.user.username);
}

async function everybodys() {
  const sending = await sendingNow();
  const found = await read(["items", "photos"], async (tx) => {
    const items = await tx.objectStore("items").getAll();
    const photos = await tx.objectStore("photos").getAll();
    const byItem = new Map(items.map((row) => [row.instance_id, []]));
    for (const photo of photos) byItem.get(photo.of)?.push(photo); // the others are of drafts
    return items.map((row) => told(row, byItem.get(row.instance_id), sending));
  });
  return found.sort((one, other) => other.sequence - one.sequence);
}

export async function get(id) {
  return (await list()).find((item) => item.instance_id === id) ?? null;
}

function told({ body, ...row }, photos, sending) {
  const { values, observed_at, revises = null } = JSON.parse(body);
  const shown = ({ id, question, name, size, offset, state, last_error }) =>
    ({ id, question, name, size, offset, state, last_error });
  const sent = photos.filter(({ state }) => state !== "waiting").length;
  const state = row.state === "waiting" && sending.has(row.instance_id) ? "sending" : row.state;
  return { ...row, values, observed_at, revises, state, photos: { total: photos.length, sent, list: photos.map(shown) } };
}

async function sendingNow() {
  // A tab that was killed could not say that it stopped; its lock is gone all the same.
  const { held } = await navigator.locks.query();
  return held.some(({ name }) => name === "field-send") ? underway : new Set();
}
