// Whose phone this is: the token that enrolment gave, and what the browser lets us keep.

import { askJson, refusal } from "./api.js";
import { tell } from "./changes.js";
import { erase, fact, read, write } from "./database.js";
import { dropTiles } from "./tiles.js";
import { Trouble } from "./trouble.js";

const NEEDED = {
  "koneksi aman (https)": () => globalThis.isSecureContext,
  "penyimpanan di ponsel": () => globalThis.indexedDB && globalThis.caches,
  "kunci antar-tab": () => navigator.locks && globalThis.BroadcastChannel,
  "pekerja layanan": () => navigator.serviceWorker,
  sidik: () => crypto.subtle && crypto.randomUUID,
};

/** What this browser lacks, in words; empty where the app can run. */
export const missing = () => Object.keys(NEEDED).filter((what) => !NEEDED[what]());

/** @param {{code: string, name: string}} enrolment the code of the QR that the office shows */
export function enrol({ code, name }) {
  return enrolled({ json: { code, name } });
}

/** For someone who is logged in on this very browser. */
export async function enrolBySession({ name }) {
  await fetch("/field/", { cache: "no-store" }).catch(() => {}); // gives the CSRF cookie anew
  const csrf = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1] ?? "";
  return enrolled({ json: { name }, session: true, headers: { "X-CSRFToken": csrf } });
}

async function enrolled(request) {
  const answer = await askJson("devices", { method: "POST", ...request });
  if (answer.status !== 201 || !answer.body?.token) throw refusal(answer);
  const { token, expires_at, device, user } = answer.body;
  await write(["facts", "lists", "ledger"], async (tx) => {
    const facts = tx.objectStore("facts");
    const before = await facts.get("device");
    if (before?.user.username !== user.username) {
      // What the officer before was told is none of this one's business; what they wrote stays.
      await Promise.all([tx.objectStore("lists").clear(), tx.objectStore("ledger").clear()]);
      await Promise.all(["pulled", "offered", "duty"].map((name) => facts.delete(name)));
    }
    await facts.put({ token, expires_at, device, user, enrolled_at: Date.now(), rejected: false }, "device");
  });
  tell("device");
  return current();
}

export async function current() {
  return (await fact("device")) ?? null;
}

/**
 * The server no longer knows this token: what the officer wrote stays, nothing is sent until enrolled
 * again; the names that came with the officer's tasks go.
 */
export async function reject(token) {
  await write(["facts", "lists"], async (tx) => {
    const facts = tx.objectStore("facts");
    const device = await facts.get("device");
    if (device?.token !== token) return;
    await facts.put({ ...device, rejected: true }, "device");
    await facts.delete("pulled"); // enrolled again, everything is asked for anew
    const lists = tx.objectStore("lists");
    for (const { id, assigned } of await lists.getAll()) if (assigned) await lists.delete(id);
  });
  tell("device");
}

/** How much would be lost with this phone's data now. */
export function unsent() {
  return read(["drafts", "items", "photos"], async (tx) => {
    const [drafts, items, photos] = await Promise.all(
      ["drafts", "items", "photos"].map((name) => tx.objectStore(name).getAll()),
    );
    const kept = items.filter(({ state }) => state === "waiting" || state === "conflict");
    const unasked = new Set(items.filter(({ state }) => state === "withdrawn").map((item) => item.instance_id));
    const owed = photos.filter(({ of, state }) => state === "waiting" && !unasked.has(of));
    return drafts.length + kept.length + owed.length;
  });
}

/** Wipes all of it, for a phone that goes to somebody else. */
export async function forget({ force = false } = {}) {
  const count = await unsent();
  if (count && !force) throw new Trouble("unsent", { count });
  await erase();
  await dropTiles();
  for (const topic of ["device", "drafts", "outbox", "sync", "tiles"]) tell(topic);
}

export async function storage() {
  const { usage = 0, quota = 0 } = await navigator.storage.estimate();
  const persisted = await navigator.storage.persisted();
  return { usage, quota, persisted, room: Math.max(quota - usage, 0) };
}
