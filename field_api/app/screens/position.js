// Where the officer stands: a wait for a better fix that is seen and can be cut short, or a point
// placed by hand. A fix is {longitude, latitude, accuracy, altitude, placed}; the server is told
// accuracy 0 of one that was placed.

import { element } from "portal/element";
import { button, icon, notice } from "./parts.js";
import { metres } from "./written.js";

const GOAL = 10; // m: good enough to stop waiting
const POOR = 100; // m: worth a warning, never a refusal
const PATIENCE = 5000; // ms until one may take what there is

const FAILED = {
  none: "Ponsel ini tidak memberi posisi. Letakkan titiknya di peta.",
  1: "Izin lokasi ditolak. Izinkan lokasi bagi situs ini di setelan peramban, atau letakkan titiknya di peta.",
  2: "Posisi belum didapat. Pergilah ke tempat terbuka, atau letakkan titiknya di peta.",
  3: "Posisi belum didapat. Pergilah ke tempat terbuka, atau letakkan titiknya di peta.",
};

// Calls `onFix` with every fix; gives the function that stops it.
export function watchPosition(onFix, onFail = () => {}) {
  if (!navigator.geolocation) {
    onFail("none");
    return () => {};
  }
  const id = navigator.geolocation.watchPosition(
    ({ coords: { longitude, latitude, accuracy, altitude } }) => onFix({ longitude, latitude, accuracy, altitude }),
    ({ code }) => onFail(code),
    { enableHighAccuracy: true, maximumAge: 5000, timeout: 30_000 },
  );
  return () => navigator.geolocation.clearWatch(id);
}

export const pointOf = (fix) => (fix ? [fix.longitude, fix.latitude] : null);

// Of two fixes the one to keep: the newer, unless the older was better.
const better = (one, other) => (!other || one.accuracy <= other.accuracy ? one : other);

export function positionInput({ value, required, onChange, onMove = () => {}, onReading = () => {}, placeOnMap, label = "Posisi" }) {
  const root = element("div", { class: "position" });
  const said = element("p", { class: "visually-hidden", role: "status" });
  let stop = () => {};
  let best = null;
  let patient = null;

  function say(...parts) {
    root.replaceChildren(said, ...parts.filter(Boolean));
  }
  function settle(fix, text) {
    halt();
    value = fix;
    onChange(fix);
    drawTaken();
    said.textContent = text;
  }
  function halt() {
    stop();
    clearTimeout(patient);
    stop = () => {};
  }
  const takeBest = () => best && settle(best, `Posisi diambil, ketelitian ${metres(best.accuracy)}.`);
  const place = async () => {
    const start = pointOf(value ?? best);
    halt();
    const point = await placeOnMap(start);
    if (point) settle({ longitude: point[0], latitude: point[1], accuracy: 0, altitude: null, placed: true }, "Titik diletakkan di peta.");
    else if (value) drawTaken();
    else wait();
  };
  const onMap = (text = "Letakkan di peta") => button(text, place, { with: "pin" });

  function drawTaken() {
    const byHand = Boolean(value.placed);
    onReading(byHand ? "Posisi di peta" : `Posisi ± ${metres(value.accuracy)}`);
    const poor = !byHand && value.accuracy > POOR;
    say(
      element("div", { class: "fix" },
        icon(byHand ? "pin" : "located"),
        element("div", {},
          element("b", {}, byHand ? "Diletakkan di peta" : `Ketelitian ${metres(value.accuracy)}`),
          element("span", {}, byHand
            ? "Titik pilihan Anda sendiri, bukan dari GPS."
            : "Posisi dari GPS ponsel."))),
      poor ? notice(`Ketelitian lebih dari ${POOR} m. Ambil ulang di tempat terbuka, atau geser di peta.`) : null,
      element("div", { class: "acts" }, button(byHand ? "Pakai GPS" : "Ambil ulang", wait, { with: "locate" }), onMap("Geser di peta")),
    );
  }

  function wait() {
    halt();
    best = null;
    const bar = element("progress", { max: 100, value: 0, "aria-label": "Mutu posisi" });
    const reading = element("b", {}, "Mencari posisi…");
    const hint = element("span", {}, "Berdirilah di tempat terbuka sebentar.");
    const now = button("Pakai sekarang", takeBest, { kind: "main", hidden: true });
    say(
      element("div", { class: "fix fix-waiting" }, icon("locate"), element("div", {}, reading, hint)),
      bar,
      element("div", { class: "acts" }, now, onMap()),
    );
    onReading("Mencari posisi…");
    let waited = false;
    patient = setTimeout(() => {
      waited = true;
      now.hidden = !best;
    }, PATIENCE);
    stop = watchPosition((fix) => {
      best = better(fix, best);
      onMove(pointOf(best));
      onReading(`Posisi ± ${metres(best.accuracy)}, menunggu yang lebih teliti`);
      reading.textContent = `Ketelitian ${metres(best.accuracy)}`;
      hint.textContent = `Menunggu posisi yang lebih teliti (sasaran ${GOAL} m).`;
      bar.value = quality(best.accuracy);
      now.hidden = !waited;
      if (best.accuracy <= GOAL) takeBest();
    }, (code) => {
      if (!best) drawFailed(code);
    });
  }

  function drawFailed(code) {
    halt();
    const text = FAILED[code] ?? FAILED[2];
    onReading("Belum ada posisi");
    say(
      notice(required ? text : `${text} Formulir ini boleh dikirim tanpa posisi.`),
      element("div", { class: "acts" }, onMap(), code === "none" ? null : button("Coba lagi", wait, { with: "locate" })),
    );
    said.textContent = text;
  }

  root.setAttribute("role", "group");
  root.setAttribute("aria-label", label);
  if (value) drawTaken();
  else wait();
  return { root, leave: halt, focus: () => root.querySelector("button")?.focus(), read: () => value, best: () => value ?? best };
}

// 0 at 300 m and worse, 100 at the goal: each halving of the error is one equal step.
function quality(accuracy) {
  const [worst, goal] = [Math.log(300), Math.log(GOAL)];
  const share = (worst - Math.log(Math.max(accuracy, GOAL))) / (worst - goal);
  return Math.round(100 * Math.max(0.04, Math.min(1, share)));
}
