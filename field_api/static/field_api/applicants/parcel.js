// The parcel of the form: drawn, pasted or out of a file, judged by the portal after each change.

import { Marker } from "maplibre-gl";
import { startDrawing } from "../../maps/drawing.js";
import { boundsOf, createBaseMap } from "./base_map.js";
import { createReport } from "./report.js";
import { createJudge } from "./sending.js";

const byId = (id) => document.getElementById(id);
const WAIT = 500; // milliseconds after the last stroke
const CLOSE = 15; // so near that a parcel is more than a dot
const WAYS = ["draw", "paste", "file"];

export async function createParcel(form, words, { onChange }) {
  const judge = createJudge(form.dataset.outline, words);
  let current = null; // {geometry, receipt}: what is sent
  let shown = "null"; // the same as the drawing holds it
  let putting = false; // what the drawing tells then is no hand
  let told = null;
  let before = null; // what stood before corners were moved onto the neighbours
  let waiting;
  const marks = [];
  const first = byId("draw-hint").textContent; // what to do before anything else
  const drawn = await createBaseMap({ zones: true });
  const map = drawn?.map;
  const drawing = map && startDrawing(map, { mode: "edit", onChange: stroke, onMode: hint });

  const report = createReport(words, {
    show: ({ lon, lat }) => {
      byId("map").scrollIntoView({ block: "nearest", behavior: "smooth" });
      map?.easeTo({ center: [lon, lat], zoom: Math.max(map.getZoom(), 18) });
    },
    mend: (geometry) => ask({ geometry, receipt: current.receipt }),
    snap: (geometry) => { const back = current; ask({ geometry, receipt: current.receipt }).then(() => { before = back; tell(); }); },
    unsnap: () => { ask(before); before = null; },
    table: (text) => { byId("f-table").value = text; byId("f-crs").value = ""; choose("paste"); byId("f-table").focus(); },
    retry: () => ask(current),
  });

  function tell() {
    report.tell(told, { snapped: Boolean(before) });
    marks.splice(0).forEach((mark) => mark.remove());
    for (const flaw of map ? told?.flaws ?? [] : []) {
      const spot = Object.assign(document.createElement("div"), { className: `flaw-mark ${flaw.blocking ? "bad" : "mild"}`, title: flaw.sentence });
      marks.push(new Marker({ element: spot }).setLngLat([flaw.lon, flaw.lat]).addTo(map));
    }
    onChange(current, told);
  }

  // A hand has drawn: what was known of the parcel is no longer true.
  function stroke(geometry, { areaM2 }) {
    report.measure(geometry, areaM2);
    const text = JSON.stringify(geometry);
    if (putting || text === shown) return;
    shown = text;
    current = geometry && { geometry, receipt: "" };
    [told, before] = [null, null];
    clearTimeout(waiting);
    if (current) waiting = setTimeout(() => ask(current), WAIT);
    else tell();
  }

  function hint(mode) {
    const far = map && map.getZoom() < CLOSE;
    const drawingNow = far ? `${first} ${words.drawing}` : words.drawing;
    byId("draw-hint").textContent = mode === "polygon" ? drawingNow : current ? words.editing : first;
    byId("draw-on").setAttribute("aria-pressed", String(mode === "polygon"));
  }

  async function ask(sent, { fit = false } = {}) {
    clearTimeout(waiting);
    report.wait();
    const answer = await judge(sent);
    if (!answer) return;
    before = null;
    if (answer.detail) {
      told = null;
      report.fail(answer.detail, answer.retry && current ? words.again : "");
      onChange(current, told);
      return;
    }
    told = answer.told;
    const same = current && JSON.stringify(told.geometry) === JSON.stringify(current.geometry);
    current = { geometry: told.geometry, receipt: told.receipt };
    if (!same) put(told.geometry, fit);
    tell();
  }

  function put(geometry, fit) {
    if (!drawing) return;
    putting = true;
    drawing.set(geometry);
    putting = false;
    shown = JSON.stringify(drawing.geometry());
    if (fit) map.fitBounds(boundsOf(geometry), { padding: 50, maxZoom: 19, duration: 600 });
  }

  function choose(way) {
    for (const one of WAYS) {
      const tab = byId(`tab-${one}`);
      tab.setAttribute("aria-selected", String(one === way));
      tab.tabIndex = one === way ? 0 : -1;
      byId(`way-${one}`).hidden = one !== way;
    }
    byId("crs").hidden = way === "draw";
    byId("read").hidden = way === "draw";
    byId("read").dataset.way = way;
  }

  function readWay() {
    const crs = byId("f-crs").value;
    if (byId("read").dataset.way === "paste") {
      if (byId("f-table").value.trim()) ask({ table: byId("f-table").value, crs }, { fit: true });
      return;
    }
    const [file] = byId("f-parcel_file").files;
    if (!file) return;
    if (file.size > 10_000_000) { report.fail(words.tooLarge); return; }
    const sent = new FormData();
    sent.append("crs", crs);
    sent.append("layer", byId("f-layer").value);
    sent.append("file", file);
    ask(sent, { fit: true });
  }

  form.querySelector(".tabs").hidden = false;
  for (const way of WAYS) {
    byId(`tab-${way}`).addEventListener("click", () => choose(way));
    byId(`tab-${way}`).addEventListener("keydown", ({ key }) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[key];
      if (!step) return;
      const next = WAYS[(WAYS.indexOf(way) + step + WAYS.length) % WAYS.length];
      choose(next);
      byId(`tab-${next}`).focus();
    });
  }
  byId("draw-on").addEventListener("click", () => { drawing?.setMode("polygon"); byId("map").scrollIntoView({ block: "nearest" }); map?.getCanvas().focus({ preventScroll: true }); });
  byId("draw-undo").addEventListener("click", () => drawing?.undo());
  byId("draw-clear").addEventListener("click", () => drawing?.clear());
  byId("read").addEventListener("click", readWay);
  byId("f-parcel_file").addEventListener("change", readWay);
  byId("f-table").addEventListener("paste", () => setTimeout(readWay));
  byId("f-crs").addEventListener("change", readWay);
  if (drawn?.showZones) {
    byId("zones-tick").hidden = false;
    byId("zones-on").addEventListener("change", ({ target }) => drawn.showZones(target.checked));
    byId("zones-on").checked = true;
  }
  choose(map ? "draw" : "paste");

  return {
    current: () => current,
    told: () => told,
    restore: (parcel) => ask(parcel, { fit: true }),
  };
}
