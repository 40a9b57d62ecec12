// A market's whole price list in one screen; each filled price is a submission of its own.

import { element } from "portal/element";
import * as drafts from "../drafts.js";
import * as outbox from "../outbox.js";
import { nearestFirst, searchable } from "./code_list.js";
import { keeping } from "./keeping.js";
import { ask, button, empty, icon, newId, notice } from "./parts.js";
import { doubt, lastPrices } from "./plausible.js";
import { pointOf, watchPosition } from "./position.js";
import { complaint } from "./question.js";
import { reference } from "./reference.js";
import { dayName, distance, groupWhileTyping, grouped, metres, metresBetween, readWhole, rupiah, time } from "./written.js";

const LAST = "latest-prices";

export async function priceList(app, { form, draft, given }) {
  const known = await reference();
  const asked = Object.fromEntries(form.fields.map((field) => [field.name, field]));
  const markets = known.rows(asked.market.codes);
  const goods = known.rows(asked.commodity.codes);
  const body = element("div", { class: "part" });
  const stage = { market: draft?.values.market ?? given.market ?? "", fix: draft?.fix ?? null };
  let leaveStage = () => {};

  const stop = watchPosition((fix) => {
    if (stage.fix && stage.fix.accuracy < fix.accuracy) return;
    stage.fix = fix;
    stage.moved?.(fix);
  });

  function chooseMarket() {
    const { root, moved } = searchable(markets, {
      here: pointOf(stage.fix), label: "Cari pasar",
      none: "Daftar pasar belum ada di ponsel. Sinkronkan dari Beranda.",
      choose({ code }) { stage.market = code; fill(); },
    });
    const hint = element("p", { class: "count", role: "status" });
    const show = (fix) => { hint.textContent = fix ? "Pasar terdekat ada di atas." : "Mencari posisi untuk mengusulkan pasar terdekat…"; };
    let placed = Boolean(stage.fix); // sorted once: a list must not jump under the thumb
    stage.moved = (fix) => { show(fix); if (!placed) moved(pointOf(fix)); placed = true; };
    show(stage.fix);
    body.replaceChildren(element("h2", {}, "Di pasar mana Anda berada?"), hint, root);
  }

  function fill() {
    const market = markets.find((one) => one.code === stage.market);
    const sheet = priceSheet(app, { form, draft, stage, market, goods, last: lastPrices(known.rows(LAST), stage.market), asked, chooseAgain });
    leaveStage = sheet.leave;
    body.replaceChildren(...sheet.parts);
    app.toTop();
  }
  async function chooseAgain() {
    await leaveStage();
    leaveStage = () => {};
    draft = null; // the next market's list is a draft of its own
    chooseMarket();
  }

  if (!goods.length) body.replaceChildren(empty("Daftar komoditas belum ada di ponsel. Sinkronkan dari Beranda."));
  else if (stage.market) fill();
  else chooseMarket();
  return {
    title: form.title,
    body: [body],
    async leave() {
      stop();
      await leaveStage();
    },
  };
}

function priceSheet(app, { form, draft, stage, market, goods, last, asked, chooseAgain }) {
  const kept = draft?.rows ?? {};
  const state = element("p", { class: "saved", role: "status" });
  const said = (glyph, text) => state.replaceChildren(icon(glyph), text);
  const keeper = keeping({
    draft, form,
    given: () => ({ values: { market: stage.market }, fix: stage.fix ?? undefined }),
    onBegin: (id) => app.replace(`#/draft/${id}`),
    onSaved: () => tellCount(),
    onTrouble: (error) => said("alert", `Draf belum tersimpan. ${error.message}`),
  });
  const lines = goods.map((item) => priceLine(item, {
    price: kept[item.code]?.price, last: last(item.code), field: asked.price,
    onChange(price) {
      keeper.change({ rows: { [item.code]: price === null ? null : { commodity: item.code, price } } });
      tellCount();
    },
  }));
  const filled = () => lines.filter((line) => line.price() !== null);
  const tellCount = () => {
    const count = filled().length;
    said("draft", count ? `${count} dari ${lines.length} harga terisi · draf tersimpan ${time(Date.now())}` : "Isi yang ada di pasar; yang kosong dilewati.");
    sendButton.textContent = "";
    sendButton.append(icon("outbox"), count ? `Kirim ${count} harga` : "Kirim");
  };

  async function send() {
    const wrong = lines.find((line) => !line.check());
    if (wrong) return wrong.focus();
    if (!filled().length) return lines[0].focus();
    const doubtful = filled().filter((line) => line.unsure());
    const sure = filled().length - doubtful.length;
    if (doubtful.length) {
      const names = doubtful.map((line) => `${line.item.name} ${rupiah(line.price())}`).join("; ");
      const goOn = sure > 0 && await ask({
        title: `${doubtful.length} harga perlu dipastikan`,
        text: `${names}. Yang belum dipastikan tetap tersimpan sebagai draf.`,
        yes: `Kirim ${sure} yang lain`, no: "Periksa dulu",
      });
      if (!goOn) return doubtful[0].ask();
    }
    await app.guarded(sendButton, () => finish(doubtful, app.here()));
  }

  async function finish(doubtful, still) {
    if (stage.fix) keeper.change({ fix: stage.fix });
    const id = await keeper.settled();
    if (doubtful.length) {
      // First the copy, then the cut: a phone that dies between them keeps one too many, not one too few.
      const rows = Object.fromEntries(doubtful.map((line) => [line.item.code, { commodity: line.item.code, price: line.price() }]));
      await drafts.begin(form.form, { values: { market: stage.market }, rows, fix: stage.fix ?? undefined });
      await drafts.change(id, { rows: Object.fromEntries(doubtful.map((line) => [line.item.code, null])) });
    }
    const sent = await outbox.finish(id);
    app.toast(`${sent.length} harga masuk kotak kirim.${doubtful.length ? ` ${doubtful.length} masih di draf.` : ""}`);
    if (still()) app.replaceAndGo(doubtful.length ? "#/drafts" : "#/outbox");
  }

  const sendButton = button("Kirim", send, { kind: "main", with: "outbox" });
  const groups = Map.groupBy ? Map.groupBy(lines, (line) => line.item.group) : grouping(lines);
  const away = element("span");
  stage.moved = (fix) => {
    const far = fix && market?.point ? `${distance(metresBetween(pointOf(fix), market.point))} dari Anda · ketelitian ${metres(fix.accuracy)}` : "Posisi belum diketahui; harga tetap dapat dikirim";
    away.textContent = far;
  };
  stage.moved(stage.fix);
  const parts = [
    element("div", { class: "row market" }, icon("pin"),
      element("span", { class: "row-text" },
        element("b", {}, market?.name ?? stage.market),
        away),
      button("Ganti", changeMarket)),
    element("div", { class: "prices" }, ...[...groups].flatMap(([group, some]) => [
      element("h2", { class: "group-name" }, group), ...some.map((line) => line.root)])),
    draft ? button("Hapus draf", discard, { kind: "plain", with: "trash" }) : null,
    element("div", { class: "send-bar" }, state, sendButton),
  ].filter(Boolean);
  tellCount();

  async function changeMarket() {
    const count = filled().length;
    const sure = !count || await ask({ title: "Ganti pasar?", text: `${count} harga yang sudah terisi tetap disimpan sebagai draf untuk ${market?.name}.`, yes: "Ganti" });
    if (!sure) return;
    await keeper.leave();
    if (keeper.id()) app.replace(`#/new/${form.form}`);
    chooseAgain();
  }
  async function discard() {
    const sure = await ask({ title: "Hapus draf ini?", text: "Harga yang sudah diisi hilang dari ponsel.", yes: "Hapus", danger: true });
    if (!sure) return;
    await keeper.leave();
    if (keeper.id()) await drafts.remove(keeper.id());
    app.replaceAndGo("#/");
  }
  return { parts, leave: keeper.leave };
}

const grouping = (lines) => {
  const groups = new Map();
  for (const line of lines) groups.set(line.item.group, [...(groups.get(line.item.group) ?? []), line]);
  return groups;
};

function priceLine(item, { price, last, field, onChange }) {
  const input = element("input", { id: newId("price"), type: "text", inputmode: "numeric", autocomplete: "off", enterkeyhint: "next" });
  const note = element("span", { id: newId("last") }, lastOf(last));
  const warning = element("div", { class: "price-warning", role: "alert" });
  input.setAttribute("aria-describedby", note.id);
  input.value = price === undefined ? "" : grouped(price);
  groupWhileTyping(input);
  const own = last && !last.elsewhere;
  const same = own ? button(`Sama seperti ${sameAs(last.observed_at)}`, takeLast, { class: "button price-same" }) : null;
  same?.setAttribute("aria-label", `${item.name}: ${same.textContent}, ${rupiah(last.price)}`);
  const root = element("div", { class: "price" },
    element("div", { class: "price-name" }, element("label", { for: input.id }, item.name), element("span", {}, `per ${item.unit}`), note),
    element("div", { class: "price-entry" },
      element("div", { class: "price-input" }, element("span", { "aria-hidden": "true" }, "Rp"), input), same),
    warning);
  root.dataset.code = item.code;
  let confirmed = 0; // the price that was confirmed, not the item

  const read = () => (input.value.trim() === "" ? null : readWhole(input.value));
  const wrong = () => (read() === null ? "" : complaint(field, read()));
  const doubted = () => (read() === null || wrong() ? "" : doubt(read(), last));
  const unsure = () => Boolean(doubted()) && confirmed !== read();

  function draw({ settled }) {
    root.classList.toggle("price-filled", read() !== null && !wrong() && !(settled && unsure()));
    root.classList.toggle("price-odd", settled && unsure());
    if (wrong()) return warning.replaceChildren(element("p", { class: "problem" }, icon("alert"), wrong()));
    // While somebody is still typing, 1.5 of 15.500 is no doubt yet.
    if (!settled || !doubted()) return warning.replaceChildren();
    const box = element("input", { type: "checkbox", checked: confirmed === read() });
    box.addEventListener("change", () => { confirmed = box.checked ? read() : 0; draw({ settled: true }); root.querySelector(".price-warning input")?.focus(); });
    return warning.replaceChildren(element("div", { class: "notice notice-warn" }, icon("alert"),
      element("span", { class: "notice-text" }, doubted()),
      element("label", {}, box, "Harga ini benar")));
  }
  function takeLast() {
    input.value = grouped(last.price);
    onChange(last.price);
    draw({ settled: true });
    input.focus();
  }
  // A doubt shows when the typing rests; never in the middle of a tap, whose button it would move.
  let resting = 0;
  const settleIn = (wait) => {
    clearTimeout(resting);
    resting = setTimeout(() => draw({ settled: true }), wait);
  };
  input.addEventListener("input", () => {
    onChange(Number.isNaN(read()) ? null : read());
    draw({ settled: false });
    settleIn(1200);
  });
  input.addEventListener("change", () => settleIn(300));
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    const all = [...root.closest(".prices").querySelectorAll(".price-input input")];
    (all[all.indexOf(input) + 1] ?? input).focus();
  });
  draw({ settled: true });
  return {
    root, item, unsure,
    price: read,
    focus: () => input.focus(),
    check() { draw({ settled: true }); return !wrong(); },
    ask() { draw({ settled: true }); root.scrollIntoView({ block: "center" }); root.querySelector(".price-warning input")?.focus(); },
  };
}

const sameAs = (at) => {
  const day = dayName(at);
  return day === "hari ini" ? "tadi" : day.replace(/ \d{4}$/, "");
};

function lastOf(last) {
  if (!last) return "Belum ada harga sebelumnya";
  if (last.elsewhere) return `Pasar lain ${rupiah(last.price)}`;
  return `${rupiah(last.price)} · ${dayName(last.observed_at)}`;
}
