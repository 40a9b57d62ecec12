// Choosing one row of a code list: search by any word of it, nearest first where places are known.
// A row is a code, a name, a note and a point; what they mean is the theme's business.

import { element } from "portal/element";
import { button, empty, icon, list, overlay, row } from "./parts.js";
import { distance, metresBetween } from "./written.js";

const SHOWN = 60; // more are found by typing
const FEW = 8; // are seen at a glance

// Nearest first; rows without a place keep their order behind them.
export function nearestFirst(rows, here) {
  if (!here) return rows;
  const far = (one) => (one.point ? metresBetween(here, one.point) : Infinity);
  return rows.map((one) => [far(one), one]).sort(([a], [b]) => (a === b ? 0 : a - b)).map(([, one]) => one);
}

function search(rows, words) {
  const wanted = plain(words).split(/\s+/).filter(Boolean);
  if (!wanted.length) return rows;
  return rows.filter((one) => wanted.every((word) => textOf(one).includes(word)));
}

// A list may hold thousands of rows, and a cheap phone searches it at every letter.
const texts = new WeakMap();
function textOf(row) {
  if (!texts.has(row)) texts.set(row, plain(`${row.name} ${row.note ?? ""} ${row.group ?? ""} ${row.code}`));
  return texts.get(row);
}

const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

// What tells one row from another, beside its name.
export function tell(one, here) {
  const away = here && one.point ? `${distance(metresBetween(here, one.point))} dari sini` : "";
  return [one.note, away].filter(Boolean).join(" · ");
}

// A search field over a list of rows; `choose(row)` is called with the one tapped. `free` offers
// what was typed as a code where no row has it: the phone may not have the whole list.
export function searchable(rows, { here, choose, link, label = "Cari", none, free = false }) {
  const found = element("div", { class: "found" });
  const input = element("input", {
    type: "search", class: "field", placeholder: "Ketik nama, keterangan, atau kode",
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
    found.replaceChildren(hits.length ? list(lines) : nothing(input.value.trim()));
    count.textContent = hits.length > SHOWN
      ? `Tampil ${SHOWN} dari ${hits.length}. Ketik untuk mencari yang lain.`
      : rows.length > FEW ? `${hits.length} pilihan` : "";
  }
  function nothing(typed) {
    const text = rows.length ? "Tidak ada yang cocok. Periksa ejaan atau hapus sebagian kata." : none;
    const own = free && typed ? button(`Pakai kode «${typed}»`, () => choose({ code: typed, name: typed })) : null;
    return empty(text, own);
  }
  input.addEventListener("input", draw);
  draw();
  const root = element("div", { class: "searchable" },
    rows.length > FEW || free ? element("div", { class: "search" }, icon("search"), input) : null, count, found);
  return { root, input, moved(point) { place = point; sorted = nearestFirst(rows, place); draw(); } };
}

// The list as a screen of its own; resolves to the chosen row, or null.
export function pick(title, rows, { here, free }) {
  return new Promise((resolve) => {
    let chosen = null;
    const { root } = searchable(rows, {
      here, free, label: `Cari: ${title}`,
      none: "Daftar ini belum ada di ponsel. Sambungkan ke jaringan, lalu sinkronkan dari Beranda.",
      choose(one) { chosen = one; dialog.close(); },
    });
    const dialog = overlay(title, root, { onClose: () => resolve(chosen) });
  });
}
