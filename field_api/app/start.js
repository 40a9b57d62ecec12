// What happens once, when the app is opened.

import { on, tell } from "./changes.js";
import { database } from "./database.js";
import { current, missing } from "./device.js";
import { startKeeping } from "./map_keeper.js";
import { prune } from "./outbox.js";
import { startSending } from "./sender.js";

let registration = null;
let started = null;

/** @returns {Promise<{device: object|null, missing: string[]}>} */
export const start = () => (started ??= startOnce());

async function startOnce() {
  const lacking = missing();
  if (lacking.length) return { device: null, missing: lacking };
  await database().catch((error) => {
    started = null; // storage may be allowed meanwhile
    throw error;
  });
  await register();
  navigator.storage.persist?.().catch(() => {});
  const device = await current();
  startSending();
  startKeeping();
  on("outbox", ({ fresh }) => fresh && sendWhenClosed());
  sendWhenClosed();
  prune().catch(() => {}); // on a full disk another day
  return { device, missing: [] };
}

async function register() {
  try {
    registration = await navigator.serviceWorker.register("/field/service-worker.js", {
      scope: "/field/",
      type: "module",
      updateViaCache: "none",
    });
  } catch {
    return; // offline, with one registered before: it goes on
  }
  registration.addEventListener("updatefound", () => {
    registration.installing?.addEventListener("statechange", () => updateReady() && tell("device", { update: true }));
  });
  if (updateReady()) tell("device", { update: true });
}

/** Asks the browser, where it can, to wake the worker once there is a network: see its "sync". */
function sendWhenClosed() {
  registration?.sync?.register("send").catch(() => {}); // not allowed: then the app sends when it is open
}

/** A new release lies ready; it takes over when the officer says so, or when all tabs are closed. */
export const updateReady = () => Boolean(registration?.waiting && navigator.serviceWorker.controller);

export function applyUpdate() {
  navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
  registration?.waiting?.postMessage("take over");
}
