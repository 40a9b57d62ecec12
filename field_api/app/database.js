// All that the phone keeps, in one IndexedDB. What must not be lost is written by `write`: all of
// it or nothing, on the disk before it resolves.

import { openDB } from "../vendor/idb/index.js"; // relative: a worker has no import map
import { Trouble, troubled } from "./trouble.js";
import { tell } from "./changes.js";

const NAME = "field";
const VERSION = 1;

let opening = null;

/** One step for each version: a phone may come from any of them. */
function upgrade(db, from) {
  if (from < 1) {
    db.createObjectStore("facts"); // by name: device, sequence, pulled, offered, duty, area
    db.createObjectStore("drafts", { keyPath: "id" });
    db.createObjectStore("items", { keyPath: "instance_id" }).createIndex("queue", ["state", "sequence"]);
    db.createObjectStore("photos", { keyPath: "id" }).createIndex("of", "of");
    db.createObjectStore("bytes"); // of a photo, by its id: apart, so that a list does not read them
    db.createObjectStore("forms", { keyPath: ["form", "form_version"] });
    db.createObjectStore("lists", { keyPath: "id" });
    db.createObjectStore("ledger", { keyPath: "instance_id" }); // own items as the server knows them
  }
}

function open() {
  if (!globalThis.indexedDB) return Promise.reject(new Trouble("no-storage"));
  return openDB(NAME, VERSION, {
    upgrade,
    blocked: () => tell("device", { blocked: true }),
    // A newer version in another tab waits for this one to let go.
    blocking: (_from, _to, event) => {
      event.target.close();
      opening = Promise.reject(new Trouble("outdated"));
      opening.catch(() => {});
      tell("device", { outdated: true });
    },
    terminated: () => { opening = null; },
  });
}

export async function database() {
  opening ??= open().catch((error) => {
    opening = null;
    throw troubled(error);
  });
  return opening;
}

/**
 * @template T
 * @param {string[]} stores
 * @param {(tx: object) => Promise<T>} work only requests of this transaction: it ends by itself at any other wait
 * @returns {Promise<T>}
 */
export async function write(stores, work) {
  const tx = await transaction(stores, "readwrite");
  try {
    const result = await work(tx);
    await tx.done;
    return result;
  } catch (error) {
    try { tx.abort(); } catch { /* it has ended by itself */ }
    throw troubled(tx.error ?? error);
  }
}

async function transaction(stores, mode) {
  const begin = async () => (await database()).transaction(stores, mode, { durability: "strict" });
  const tx = await begin().catch((error) => {
    if (error.name !== "InvalidStateError") throw troubled(error);
    opening = null; // the browser closed it under our hands: once more
    return begin();
  });
  tx.done.catch(() => {}); // told by whoever waits for it
  return tx;
}

/** Everything that `work` reads is of one moment. */
export async function read(stores, work) {
  const tx = await transaction(stores, "readonly");
  try {
    return await work(tx);
  } catch (error) {
    throw troubled(error);
  }
}

export const fact = (name) => read(["facts"], (tx) => tx.objectStore("facts").get(name));

export const setFact = (name, value) =>
  write(["facts"], (tx) => tx.objectStore("facts").put(value, name));

export async function everything(store) {
  return read([store], (tx) => tx.objectStore(store).getAll());
}

/** Only for a phone that is handed on: see device.forget. */
export async function erase() {
  const db = await database();
  const stores = [...db.objectStoreNames];
  await write(stores, (tx) => Promise.all(stores.map((name) => tx.objectStore(name).clear())));
}
