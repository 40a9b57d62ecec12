// Choosing one row of a code list: search by any word of it, nearest first where places are known.

import { element } from "portal/element";
import { empty, icon, list, overlay, row } from "./parts.js";
import { date, distance, metresBetween, monthsBetween, today } from "./written.js";

const SHOWN = 60; // more are found by typing

// Nearest first; rows without a place keep their order behind them.
export function nearestFirst(rows, here) {
  if (!here) return rows;
  const far = (one) => (one.point ? metresBetween(here, one.point) : Infinity);
  return rows.map((one) => [far(one), one]).sort(([a], [b]) => (a === b ? 0 : a - b)).map(([, one]) => one);
}

export function search(rows, words) {
  const wanted = plain(words).split(/\s+/).filter(Boolean);
  if (!wanted.length) return rows;
  return rows.filter((one) => wanted.every((word) => textOf(one).includes(word)));
}

// A list may hold thousands of rows, and a cheap phone searches it at every letter.
const texts = new WeakMap();
function textOf(row) {
  if (!texts.has(row)) texts.set(row, plain(`${row.name} ${row.kelurahan ?? ""} ${row.group ?? ""} ${row.code}`));
  return texts.get(row);
}

const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

// What tells one row from another, beside its name.
export function tell(one, here) {
  const parts = [];
  if (one.born_on) parts.push(`${monthsBetween(one.born_on, today())} bulan`, `lahir ${date(one.born_on)}`);
  if (one.sex) parts.push({ male: "laki-laki", female: "perempuan" }[one.sex] ?? one.sex);
  if (one.kelurahan && !one.name.includes(one.kelurahan)) parts.push(one.kelurahan);
  if (one.group) parts.push(one.group);
  if (one.unit) parts.push(`per ${one.unit}`);
  if (here && one.point) parts.push(`${distance(metresBetween(here, one.point))} dari sini`);
  if (one.approximate) parts.push("letak perkiraan");
  if (one.description) parts.push(`“${one.description}”`);
  return parts.join(" · ");
}

// A search field over a list of rows; `choose(row)` is called with the one tapped.
export function searchable(rows, { here, choose, link, label = "Cari", none }) {
  const found = element("div", { class: "found" });
  const input = element("input", {
    type: "search", class: "field", placeholder: "Ketik nama, kelurahan, atau kode",
    "aria-label": label, autocomplete: "off", spellcheck: "false", enterkeyhint: "search",
  });
  const count = element("p", { class: "count", role: "status" });
  let place = here;
  let sorted = nearestFirst(rows, place);
  function draw() {
    const hits = search(sorted, input.value);
    const lines = hits.slice(0, SHOWN).map((one) => row({
      title: one.name, note: tell(one, place), href: link?.(one),
      onclick: choose ? () => choose(one) : undefined,
    }));
    found.replaceChildren(hits.length ? list(lines) : empty(rows.length ? "Tidak ada yang cocok. Periksa ejaan atau hapus sebagian kata." : none));
    count.textContent = hits.length > SHOWN
      ? `Tampil ${SHOWN} dari ${hits.length}. Ketik untuk mencari yang lain.`
      : rows.length > 8 ? `${hits.length} pilihan` : "";
  }
  input.addEventListener("input", draw);
  draw();
  const root = element("div", { class: "searchable" },
    rows.length > 8 ? element("div", { class: "search" }, icon("search"), input) : null, count, found);
  return { root, input, moved(point) { place = point; sorted = nearestFirst(rows, place); draw(); } };
}

// The list as a screen of its own; resolves to the chosen row, or null.
export function pick(title, rows, { here, none }) {
  return new Promise((resolve) => {
    let chosen = null;
    const { root } = searchable(rows, {
      here, label: `Cari: ${title}`,
      none: none ?? "Daftar ini belum ada di ponsel. Sambungkan ke jaringan, lalu sinkronkan dari Beranda.",
      choose(one) { chosen = one; dialog.close(); },
    });
    const dialog = overlay(title, root, { onClose: () => resolve(chosen) });
  });
}
