// The app without a network. SHELL = {version, page, files} is written above this by the server,
// which also says where the modules beside this one lie in this release.
// It keeps the app's own files and answers tiles of the kept area; no answer of /api, of anybody's
// data, is ever stored. When the app is closed and the network comes back, it sends what waits.

import { isTile, TILES } from "./tiles.js";
import { sendNow, status } from "./sender.js";

const CACHE = `field-shell-${SHELL.version}`;
const TILE_PATH = "/ogc/tiles/";
const FRESH = 86_400_000;

self.addEventListener("install", (event) => {
  // All of it or none: a shell that lacks one file is not installed, and the one before goes on.
  event.waitUntil((async () => {
    const cache = await caches.open(CACHE);
    // An address with a version always says the same: what the page has fetched is not fetched again.
    const files = SHELL.files.map((path) => new Request(path, { redirect: "error" }));
    await cache.addAll([new Request(SHELL.page, { cache: "reload", redirect: "error" }), ...files]);
  })());
});

self.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    const names = await caches.keys();
    const old = names.filter((name) => name.startsWith("field-shell-") && name !== CACHE);
    await Promise.all(old.map((name) => caches.delete(name)));
    await self.clients.claim(); // the first visit is enough
  })());
});

self.addEventListener("message", ({ data }) => {
  if (data === "take over") self.skipWaiting();
});

// The browser's own "the network is back"; it asks again later where this fails.
self.addEventListener("sync", (event) => {
  event.waitUntil((async () => {
    await sendNow();
    const { code, trouble } = status();
    if (code === "no-answer") throw new Error(trouble);
  })());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (origin !== location.origin || request.method !== "GET") return;
  if (request.mode === "navigate" && pathname.startsWith(SHELL.page)) event.respondWith(fromShell(SHELL.page, request));
  else if (SHELL.files.includes(pathname)) event.respondWith(fromShell(pathname, request));
  else if (pathname.startsWith(TILE_PATH) && request.cache !== "no-store") event.respondWith(tile(event));
});

async function fromShell(path, request) {
  const cache = await caches.open(CACHE);
  return (await cache.match(path, { ignoreVary: true, ignoreSearch: true })) ?? fetch(request);
}

async function tile(event) {
  const cache = await caches.open(TILES);
  const kept = await cache.match(event.request.url, { ignoreVary: true });
  if (!kept) return fetch(event.request);
  const age = Date.now() - Date.parse(kept.headers.get("Date"));
  if (!(age < FRESH)) event.waitUntil(refresh(cache, event.request.url));
  return kept;
}

/** The tile of the area as everybody may see it: without the officer's session. */
async function refresh(cache, address) {
  try {
    const response = await fetch(address, { credentials: "omit", redirect: "error" });
    if (isTile(response)) await cache.put(address, response);
  } catch { /* the one that is kept will do */ }
}
