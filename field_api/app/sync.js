// What the server knows and the phone needs: forms, lists, and what became of what was sent.

import { askJson, refusal } from "./api.js";
import { stateOf } from "./batches.js";
import { tell } from "./changes.js";
import { everything, fact, read, write } from "./database.js";
import { current, reject } from "./device.js";
import { Trouble } from "./trouble.js";

const STORES = ["facts", "forms", "lists", "ledger", "items", "photos", "bytes"];

/** @returns {Promise<boolean>} whether anything changed */
export async function pull() {
  const changed = await navigator.locks.request("field-pull", pullAll);
  if (changed) for (const topic of ["sync", "outbox"]) tell(topic);
  return changed;
}

async function pullAll() {
  const device = await current();
  if (!device) throw new Trouble("unenrolled");
  if (device.rejected) throw new Trouble("revoked");
  for (let changed = false; ; changed = true) {
    const pulled = (await fact("pulled")) ?? {};
    const answer = await page(device, pulled);
    if (answer.status !== 200) {
      await keepTime();
      return changed;
    }
    await keep(answer, device);
    if (!answer.body.more) return true;
    tell("sync"); // the forms came with the first page: nobody waits for the last
  }
}

async function page({ token }, { cursor, etag }) {
  const query = cursor ? `?since=${encodeURIComponent(cursor)}` : "";
  const answer = await askJson(`sync${query}`, { token, headers: etag ? { "If-None-Match": etag } : {} });
  if (answer.status === 200 && typeof answer.body?.cursor === "string") return answer;
  if (answer.status === 304) return answer;
  if (answer.status === 400 && cursor) return page({ token }, {}); // a cursor from before a restore
  const trouble = answer.status === 200 ? new Trouble("no-answer") : refusal(answer);
  if (trouble.code === "revoked") await reject(token);
  throw trouble;
}

/** One page, and the cursor behind it, in one transaction. */
async function keep({ body, headers }, { user }) {
  await write(STORES, async (tx) => {
    const facts = tx.objectStore("facts");
    if ((await facts.get("device"))?.user.username !== user.username) return; // enrolled anew meanwhile
    const put = (store, rows) => Promise.all(rows.map((row) => tx.objectStore(store).put(row)));
    await put("forms", body.forms ?? []); // those of before stay: a draft may be of one
    if (body.forms) await facts.put(body.forms.map(keyOf), "offered");
    await put("lists", Object.entries(body.lists ?? {}).map(([id, list]) => ({ id, ...list })));
    if (body.lists_now) await forgetOthers(tx.objectStore("lists"), body.lists_now);
    if (body.area !== undefined) await facts.put(body.area, "duty");
    await put("ledger", body.items ?? []);
    for (const item of body.items ?? []) await told(tx, item);
    for (const file of body.attachments ?? []) await photoTold(tx, file);
    await facts.put({ cursor: body.cursor, etag: headers.get("ETag"), at: Date.now() }, "pulled");
  });
}

/** Duties end: their lists name people and places that are no longer this officer's business. */
async function forgetOthers(lists, now) {
  const others = (await lists.getAllKeys()).filter((id) => !now.includes(id));
  await Promise.all(others.map((id) => lists.delete(id)));
}

const keepTime = () => write(["facts"], async (tx) => {
  const pulled = await tx.objectStore("facts").get("pulled");
  if (pulled) await tx.objectStore("facts").put({ ...pulled, at: Date.now() }, "pulled");
});

/** What waits has not had its own answer yet, and a conflict is about another's content. */
async function told(tx, { instance_id, state: ledgerState, ...known }) {
  const items = tx.objectStore("items");
  const item = await items.get(instance_id);
  const state = stateOf(ledgerState);
  if (!item && state === "accepted") await putRight(items, known.revises);
  if (!item || !state || item.state === "waiting" || item.state === "conflict") return;
  const { reasons, conflicts, trust, feature_id, version } = { ...item, ...known };
  await items.put({ ...item, state, reasons, conflicts, trust, feature_id, version });
}

/** What was not sent from here and revises what was: the office put it right. */
async function putRight(items, revised) {
  const item = revised && (await items.get(revised));
  if (item) await items.put({ ...item, put_right: true });
}

/** A file that the server has whole and checked need not be sent again. */
async function photoTold(tx, { instance_id, name, sha256, state, reason }) {
  if (!["complete", "shown", "refused"].includes(state)) return;
  const photos = tx.objectStore("photos");
  const same = (row) => row.name === name && row.sha256 === sha256;
  for (const row of (await photos.index("of").getAll(instance_id)).filter(same)) {
    const refused = state === "refused";
    const last_error = refused ? reason || "Server tidak dapat membaca foto ini." : null;
    await photos.put({ ...row, state: refused ? "refused" : "sent", offset: row.size, last_error });
    await tx.objectStore("bytes").delete(row.id);
  }
}

// -- what was pulled

const keyOf = ({ form, form_version }) => [form, form_version];

/** The forms that the officer may fill in today, each as it is now, in the server's order. */
export function forms() {
  return read(["facts", "forms"], async (tx) => {
    const offered = (await tx.objectStore("facts").get("offered")) ?? [];
    return Promise.all(offered.map((key) => tx.objectStore("forms").get(key)));
  });
}

export async function form(id, version) {
  const all = (await everything("forms")).filter((one) => one.form === id);
  if (version) return all.find((one) => one.form_version === version) ?? null;
  return (await forms()).find((one) => one.form === id) ?? all.at(-1) ?? null;
}

export async function list(id) {
  return (await read(["lists"], (tx) => tx.objectStore("lists").get(id))) ?? null;
}

export async function items() {
  const all = await everything("ledger");
  return all.sort((one, other) => (one.received_at < other.received_at ? 1 : -1));
}

export async function lastPulledAt() {
  return (await fact("pulled"))?.at ?? null;
}
