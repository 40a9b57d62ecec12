// One screen of many lines, for a form whose definition has a sheet: one answer is chosen once, and
// each line that is filled in is a submission of its own.

import { element } from "portal/element";
import * as drafts from "../drafts.js";
import * as outbox from "../outbox.js";
import { searchable } from "./code_list.js";
import { discard } from "./discard.js";
import { groupBy } from "./groups.js";
import { keeping } from "./keeping.js";
import { ask, button, empty, icon } from "./parts.js";
import { lastAnswers } from "./plausible.js";
import { pointOf, watchPosition } from "./position.js";
import { reference } from "./reference.js";
import { sheetLine } from "./sheet_line.js";
import { bare, distance, metres, metresBetween, noun, time } from "./written.js";

export async function sheet(app, { form, draft, given }) {
  const terms = termsOf(form, await reference());
  const { by, names } = terms;
  const body = element("div", { class: "part" });
  const stage = { chosen: draft?.values[by.name] ?? given[by.name] ?? "", fix: draft?.fix ?? null, moved() {} };
  let lines = { async leave() {} };

  const stop = watchPosition((fix) => {
    if (stage.fix && stage.fix.accuracy < fix.accuracy) return;
    stage.fix = fix;
    stage.moved(fix);
  });

  function choose() {
    const { root, moved } = searchable(terms.choices, {
      here: pointOf(stage.fix), label: `Cari ${names.by}`,
      none: `Daftar ${names.by} belum ada di ponsel. Sinkronkan dari Beranda.`,
      choose({ code }) { stage.chosen = code; fill(); },
    });
    const hint = element("p", { class: "count", role: "status" });
    const show = (fix) => { hint.textContent = fix ? `${names.By} terdekat ada di atas.` : `Mencari posisi untuk mengusulkan ${names.by} terdekat…`; };
    let placed = Boolean(stage.fix); // sorted once: a list must not jump under the thumb
    stage.moved = (fix) => { show(fix); if (!placed) moved(pointOf(fix)); placed = true; };
    show(stage.fix);
    body.replaceChildren(element("h2", {}, `Di ${names.by} mana Anda berada?`), hint, root);
  }
  function fill() {
    lines = linesScreen(app, { form, draft, stage, terms, chooseAgain });
    body.replaceChildren(...lines.parts);
    app.toTop();
  }
  async function chooseAgain() {
    await lines.leave();
    draft = null; // the next one's lines are a draft of their own
    choose();
  }

  if (!terms.items.length) body.replaceChildren(empty(`Daftar ${names.line} belum ada di ponsel. Sinkronkan dari Beranda.`));
  else if (stage.chosen) fill();
  else choose();
  return {
    title: form.title,
    body: [body],
    async leave() {
      stop();
      await lines.leave();
    },
  };
}

// What the sheet names, looked up: questions, their rows, and words for them.
function termsOf(form, known) {
  const asked = (name) => form.fields.find((field) => field.name === name);
  const [by, line, answer] = [form.sheet.by, form.sheet.line, form.sheet.answer].map(asked);
  return {
    ...form.sheet, by, line, answer,
    choices: known.rows(by.codes),
    items: known.rows(line.codes),
    last: known.rows(form.sheet.last),
    write: (value) => known.answer(answer, value),
    names: {
      ...{ by: noun(by.title), line: noun(line.title), answer: noun(answer.title) },
      ...{ By: bare(by.title), Answer: bare(answer.title) }, // where a sentence begins
    },
  };
}

function linesScreen(app, { form, draft, stage, terms, chooseAgain }) {
  const { by, line, answer, names } = terms;
  const one = terms.choices.find(({ code }) => code === stage.chosen);
  const state = element("p", { class: "saved", role: "status" });
  const said = (glyph, text) => state.replaceChildren(icon(glyph), text);
  const keeper = keeping({
    draft, form,
    given: () => ({ values: { [by.name]: stage.chosen }, fix: stage.fix ?? undefined }),
    onBegin: (id) => app.replace(`#/draft/${id}`),
    onSaved: tellCount,
    onTrouble: (error) => said("alert", `Draf belum tersimpan. ${error.message}`),
  });
  const last = lastAnswers(terms, stage.chosen);
  const lines = terms.items.map((item) => sheetLine(item, {
    terms, answer: draft?.rows[item.code]?.[answer.name], last: last(item.code),
    onChange(value) {
      keeper.change({ rows: { [item.code]: value === null ? null : { [line.name]: item.code, [answer.name]: value } } });
      tellCount();
    },
  }));
  const filled = () => lines.filter((each) => each.answer() !== null);
  const sendButton = button("Kirim", () => send(), { kind: "main", with: "outbox" });
  const send = sending(app, { form, stage, terms, lines, filled, keeper, sendButton });

  function tellCount() {
    const count = filled().length;
    said("draft", count ? `${count} dari ${lines.length} ${names.answer} terisi · draf tersimpan ${time(Date.now())}` : "Isi yang ada; yang kosong dilewati.");
    sendButton.replaceChildren(icon("outbox"), count ? `Kirim ${count} ${names.answer}` : "Kirim");
  }
  async function change() {
    const count = filled().length;
    const sure = !count || await ask({ title: `Ganti ${names.by}?`, text: `${count} ${names.answer} yang sudah terisi tetap disimpan sebagai draf untuk ${one?.name ?? stage.chosen}.`, yes: "Ganti" });
    if (!sure) return;
    await keeper.leave();
    if (keeper.id()) app.replace(`#/new/${form.form}`);
    chooseAgain();
  }

  const away = element("span");
  stage.moved = (fix) => { away.textContent = awayFrom(one, fix, names); };
  stage.moved(stage.fix);
  tellCount();
  const parts = [
    element("div", { class: "row sheet-head" }, icon("pin"),
      element("span", { class: "row-text" }, element("b", {}, one?.name ?? stage.chosen), away),
      button("Ganti", change)),
    element("div", { class: "sheet" }, ...underHeadings(lines)),
    draft ? button("Hapus draf", () => discard(app, keeper), { kind: "plain", with: "trash" }) : null,
    element("div", { class: "send-bar" }, state, sendButton),
  ].filter(Boolean);
  return { parts, leave: keeper.leave };
}

const underHeadings = (lines) => [...groupBy(lines, ({ item }) => item.group ?? "")].flatMap(([group, some]) =>
  [group ? element("h2", { class: "group-name" }, group) : null, ...some.map(({ root }) => root)].filter(Boolean));

function awayFrom(one, fix, names) {
  if (!fix || !one?.point) return `Posisi belum diketahui; ${names.answer} tetap dapat dikirim`;
  return `${distance(metresBetween(pointOf(fix), one.point))} dari Anda · ketelitian ${metres(fix.accuracy)}`;
}

// What the button does: the doubtful lines are asked about, and stay behind as a draft if need be.
function sending(app, { form, stage, terms, lines, filled, keeper, sendButton }) {
  const { by, line, answer, names } = terms;

  async function send() {
    const wrong = lines.find((each) => !each.check());
    if (wrong) return wrong.focus();
    if (!filled().length) return lines[0].focus();
    const doubtful = filled().filter((each) => each.unsure());
    const sure = filled().length - doubtful.length;
    if (doubtful.length && !(sure && await goOn(doubtful, sure))) return doubtful[0].ask();
    return app.guarded(sendButton, () => finish(doubtful, app.here()));
  }
  function goOn(doubtful, sure) {
    const told = doubtful.map((each) => `${each.item.name} ${terms.write(each.answer())}`).join("; ");
    return ask({
      title: `${doubtful.length} ${names.answer} perlu dipastikan`,
      text: `${told}. Yang belum dipastikan tetap tersimpan sebagai draf.`,
      yes: `Kirim ${sure} yang lain`, no: "Periksa dulu",
    });
  }
  async function finish(doubtful, still) {
    if (stage.fix) keeper.change({ fix: stage.fix });
    const id = await keeper.settled();
    if (doubtful.length) await setAside(doubtful, id);
    const sent = await outbox.finish(id);
    const left = doubtful.length ? ` ${doubtful.length} masih di draf.` : "";
    app.toast(`${sent.length} ${names.answer} masuk kotak kirim.${left}`);
    if (still()) app.replaceAndGo(doubtful.length ? "#/drafts" : "#/outbox");
  }
  // First the copy, then the cut: a phone that dies between them keeps one too many, not one too few.
  async function setAside(doubtful, id) {
    const rows = Object.fromEntries(doubtful.map((each) => [each.item.code, { [line.name]: each.item.code, [answer.name]: each.answer() }]));
    await drafts.begin(form.form, { values: { [by.name]: stage.chosen }, rows, fix: stage.fix ?? undefined });
    await drafts.change(id, { rows: Object.fromEntries(doubtful.map((each) => [each.item.code, null])) });
  }
  return send;
}
