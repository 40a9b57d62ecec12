// The app: it starts the engine, shows the screen that the address names, and says what all screens
// have to say (no network, no permission, no room, a new version).

import { element } from "portal/element";
import * as changes from "./changes.js";
import * as device from "./device.js";
import { applyUpdate, start, updateReady } from "./start.js";
import { deviceScreen } from "./screens/device.js";
import { draftsScreen } from "./screens/drafts.js";
import { enrol } from "./screens/enrol.js";
import { begin, resume } from "./screens/form.js";
import { home } from "./screens/home.js";
import { itemScreen } from "./screens/item.js";
import { mapScreen } from "./screens/map.js";
import { outboxScreen } from "./screens/outbox.js";
import { notice } from "./screens/parts.js";
import { tasks } from "./screens/tasks.js";
import { bytes, date } from "./screens/written.js";

const SCREENS = {
  "": home, new: begin, draft: resume, tasks, drafts: draftsScreen, outbox: outboxScreen,
  item: itemScreen, map: mapScreen, enrol, device: deviceScreen,
};
const LITTLE_ROOM = 50e6; // bytes: some hundred photos
const SOON = 14 * 864e5; // ms before a token ends that one is told

const byId = (id) => document.getElementById(id);
const [stage, banners, toasts, title, back, tabs] = ["stage", "banners", "toasts", "title", "back", "tabs"].map(byId);

let shown = { leave() {}, watch: [] }; // the screen that stands on the stage
let turn = 0;
let owner = null;
let outgrown = false; // another tab runs a newer release: this one can save nothing any more

const app = {
  go(hash) { location.hash = hash; },
  // The address alone: the screen stays.
  replace(hash) { history.replaceState(null, "", hash); },
  replaceAndGo(hash) {
    history.replaceState(null, "", hash);
    show();
  },
  // Whether the officer is still on this screen: nobody is led away from the next one.
  here() {
    const mine = turn;
    return () => mine === turn;
  },
  toTop() { scrollTo(0, 0); },
  toast(text, kind = "good") {
    const made = notice(text, { kind });
    toasts.replaceChildren(made);
    setTimeout(() => made.remove(), 4000);
  },
  // Runs an act once at a time, and says what went wrong.
  async guarded(control, act) {
    if (control?.disabled) return;
    if (control) control.disabled = true;
    try {
      await act();
    } catch (error) {
      app.toast(error.message, "bad");
      if (!error.code) throw error; // a fault of ours: the console has to know
    } finally {
      if (control) control.disabled = false;
    }
  },
  // The device may have come or gone in another tab.
  async refresh() {
    const before = owner;
    owner = await device.current();
    await tellAll();
    if (Boolean(before) !== Boolean(owner)) await show();
  },
};

function asked() {
  const hash = location.hash.replace(/^#\/?/, "");
  if (hash.startsWith("enrol=")) return { name: "enrol", args: [], query: { enrol: decodeURIComponent(hash.slice(6)) } };
  const [path, search = ""] = hash.split("?");
  const [name, ...args] = path.split("/").map(decodeURIComponent);
  return { name: SCREENS[name] ? name : "", args, query: Object.fromEntries(new URLSearchParams(search)) };
}

async function show() {
  const mine = (turn += 1);
  const { name, args, query } = asked();
  await shown.leave();
  const screen = owner ? SCREENS[name] : enrol;
  const next = { leave() {}, watch: [], again: () => made(screen, args, query), ...(await made(screen, args, query)) };
  if (mine !== turn) return next.leave();
  shown = next;
  title.textContent = next.title;
  document.title = `${next.title} · Petugas Lapangan`;
  back.hidden = !owner || Boolean(next.tab);
  tabs.hidden = !owner || !next.tab;
  for (const tab of tabs.querySelectorAll("a")) tab.setAttribute("aria-current", tab.dataset.tab === next.tab ? "page" : "false");
  stage.className = next.wide ? "wide" : "column";
  stage.replaceChildren(...[next.body].flat());
  stage.dataset.screen = owner ? name || "home" : "enrol";
  if (mine > 1) {
    scrollTo(0, 0);
    title.focus({ preventScroll: true }); // a screen reader hears where it is
  }
}

async function made(screen, args, query) {
  try {
    return await screen(app, args, query);
  } catch (error) {
    if (!error.code) console.error(error);
    return { title: "Tidak dapat dibuka", body: notice(error.message, { kind: "bad" }) };
  }
}

// What a screen shows is drawn again when it changed, in this tab or another.
let redrawing = 0;
function redraw() {
  clearTimeout(redrawing);
  const drawn = shown; // never another that took the stage meanwhile: a form would lose its typing
  redrawing = setTimeout(async () => {
    const next = drawn === shown && await drawn.again();
    if (drawn !== shown || document.querySelector("dialog[open]")) return;
    const open = new Map([...stage.querySelectorAll("details[id]")].map((one) => [one.id, one.open]));
    const focused = stage.contains(document.activeElement) ? nameOf(document.activeElement) : null;
    stage.replaceChildren(...[next.body].flat());
    for (const [id, was] of open) byId(id)?.toggleAttribute("open", was);
    if (focused) [...stage.querySelectorAll("a, button, summary")].find((one) => nameOf(one) === focused)?.focus({ preventScroll: true });
  }, 120);
}
const nameOf = (control) => control.getAttribute("href") ?? control.textContent;

async function tellAll() {
  const room = owner && !outgrown ? await device.storage().catch(() => null) : null;
  const ends = owner?.expires_at ? Date.parse(owner.expires_at) - Date.now() : Infinity;
  banners.replaceChildren(...[
    outgrown && notice("Versi baru aplikasi terbuka di tab lain. Muat ulang tab ini.", { kind: "bad", act: { label: "Muat ulang", act: () => location.reload() } }),
    updateReady() && notice("Versi baru aplikasi sudah siap.", { kind: "info", act: { label: "Pakai sekarang", act: applyUpdate } }),
    !navigator.onLine && notice("Tanpa jaringan. Isian tersimpan di ponsel dan dikirim nanti.", { kind: "info", glyph: "offline" }),
    owner?.rejected && notice("Izin ponsel ini habis atau dicabut; isian tetap tersimpan.", { kind: "bad", act: { label: "Daftarkan ulang", act: () => app.go("#/enrol") } }),
    !owner?.rejected && ends < SOON && notice(`Izin ponsel ini berakhir ${date(owner.expires_at)}.`, { act: { label: "Perpanjang", act: () => app.go("#/enrol") } }),
    room && room.room < LITTLE_ROOM && notice(`Ruang ponsel hampir habis (sisa ${bytes(Math.max(0, room.room))}). Hapus berkas lain agar foto dapat disimpan.`, { kind: "bad" }),
  ].filter(Boolean));
  byId("to-device").hidden = !owner;
}

async function main() {
  const { device: now, missing } = await start();
  if (missing.length) {
    title.textContent = "Tidak dapat dijalankan";
    stage.replaceChildren(...missing.map((text) => notice(`Peramban ini tidak menyediakan: ${text}.`, { kind: "bad" })),
      element("p", {}, "Pakai Chrome, Firefox, atau Safari keluaran terbaru, lewat alamat https, bukan mode samaran."));
    return;
  }
  owner = now;
  await tellAll();
  await show();
  addEventListener("hashchange", show);
  addEventListener("online", tellAll);
  addEventListener("offline", tellAll);
  changes.on("device", ({ outdated }) => {
    outgrown ||= Boolean(outdated);
    return outgrown ? tellAll() : app.refresh();
  });
  changes.on(["outbox", "drafts", "sync", "sender", "tiles"], ({ topic }) => {
    if (shown.watch.includes(topic)) redraw();
    if (topic === "outbox" || topic === "drafts") tellAll();
  });
  byId("skip").addEventListener("click", (event) => {
    event.preventDefault(); // the fragment is the screen's
    stage.focus();
  });
  back.addEventListener("click", (event) => {
    event.preventDefault();
    location.hash = shown.back ?? "#/";
  });
}

main().catch((error) => {
  stage.replaceChildren(notice(error.message, { kind: "bad" }));
  console.error(error);
});
