// Any form, drawn from its definition: as one submission, or as the sheet that it declares.

import { element } from "portal/element";
import * as drafts from "../drafts.js";
import * as outbox from "../outbox.js";
import * as sync from "../sync.js";
import { discard } from "./discard.js";
import { placeOnMap } from "./field_map.js";
import { keeping } from "./keeping.js";
import { button, empty, icon, notice } from "./parts.js";
import { pointOf, positionInput } from "./position.js";
import { question } from "./question.js";
import { reference } from "./reference.js";
import { sheet } from "./sheet.js";
import { time, today } from "./written.js";

export async function begin(app, [formId], given) {
  const form = await sync.form(formId);
  return form ? screen(app, { form, draft: null, given }) : missing();
}

export async function resume(app, [id]) {
  const draft = await drafts.get(id);
  const form = draft && ((await sync.form(draft.form, draft.form_version)) ?? (await sync.form(draft.form)));
  return form ? screen(app, { form, draft, given: {} }) : missing();
}

// A revision is of one submission, and so is its screen.
const screen = (app, opened) => (opened.form.sheet && !opened.draft?.revises ? sheet : single)(app, opened);

const missing = () => ({
  title: "Formulir",
  body: empty("Isian atau formulir ini tidak ada lagi di ponsel.", element("a", { class: "button", href: "#/" }, "Ke Beranda")),
});

async function single(app, { form, draft, given }) {
  const answers = { ...defaults(form), ...given, ...draft?.values };
  const reasons = draft?.revises ? await reasonsOf(draft.revises) : {};
  const state = sendState(draft);
  let here = pointOf(draft?.fix);

  const keeper = keeping({
    draft, form,
    given: () => ({ values: filled(answers), fix: place.read() ?? undefined }),
    onBegin(id) {
      app.replace(`#/draft/${id}`);
      discardButton.hidden = false;
    },
    onSaved: () => state.saved(Date.now()),
    onTrouble: state.failed,
  });
  const questions = await questionsOf(form, { draft, answers, reasons, keeper, here: () => here });
  const place = placeQuestion({
    value: draft?.fix ?? null,
    required: form.geometry === "required",
    onReading: state.reading,
    onMove: (point) => { here = point; },
    onChange(fix) {
      here = pointOf(fix);
      if (keeper.id()) keeper.change({ fix });
    },
  });
  place.show(reasons.geometry ?? "");

  const send = sending(app, { answers, questions, place, keeper });
  const sendButton = button(draft?.revises ? "Kirim perbaikan" : "Kirim", () => app.guarded(sendButton, send), { kind: "main", with: "outbox" });
  const discardButton = button("Hapus draf", () => discard(app, keeper), { kind: "plain", with: "trash", class: "button button-plain discard", hidden: !draft });
  const body = [
    draft?.revises ? revisionNotice(reasons) : null,
    ...questions.map((one) => one.root),
    place.root,
    discardButton,
    element("div", { class: "send-bar" }, state.root, sendButton),
  ].filter(Boolean);
  return {
    title: form.title,
    body,
    async leave() {
      place.leave();
      await keeper.leave();
    },
  };
}

// Above the button: where the draft and the position stand.
function sendState(draft) {
  const kept = element("p", { class: "saved", role: "status" });
  const position = element("p", { class: "saved", "aria-hidden": "true" }); // says it aloud itself
  const state = {
    root: element("div", { class: "send-state" }, position, kept),
    reading: (text) => position.replaceChildren(icon("pin"), text),
    saved: (at) => kept.replaceChildren(icon("draft"), `Draf tersimpan ${time(at)}`),
    failed: (error) => kept.replaceChildren(icon("alert"), `Draf belum tersimpan. ${error.message}`),
  };
  if (draft) state.saved(draft.updated_at);
  return state;
}

async function questionsOf(form, { draft, answers, reasons, keeper, here }) {
  const [known, photos] = await Promise.all([reference(), photosOf(draft)]);
  return form.fields.map((field) => {
    const made = question(field, {
      value: answers[field.name],
      photo: photos[field.name] ?? null,
      rows: () => known.rows(field.codes),
      listTitle: field.codes ? known.list(field.codes)?.title : undefined,
      here,
      keepPhoto: async (name, blob) => ({ ...(await keeper.photo(name, blob)), blob }),
      dropPhoto: keeper.dropPhoto,
      onChange(value) {
        if (field.kind === "photo") return; // its name is the draft's to give
        answers[field.name] = value;
        keeper.change({ values: { [field.name]: value } });
      },
    });
    made.show(reasons[field.name] ?? "");
    return made;
  });
}

function sending(app, { answers, questions, place, keeper }) {
  return async () => {
    const still = app.here();
    await Promise.all(questions.map((one) => one.settled()));
    const [first] = [...questions, place].filter((one) => !one.check());
    if (first) {
      first.focus();
      return;
    }
    const fix = place.best();
    keeper.change({ values: filled(answers), ...(fix && { fix }) });
    await outbox.finish(await keeper.settled());
    app.toast(navigator.onLine ? "Masuk kotak kirim dan sedang dikirim." : "Masuk kotak kirim. Dikirim sendiri begitu ada jaringan.");
    if (still()) app.replaceAndGo("#/outbox");
  };
}

function revisionNotice(reasons) {
  if (!Object.keys(reasons).length) return notice("Perubahan atas kiriman sebelumnya. Yang lama tetap tercatat.", { kind: "info" });
  return notice("Perbaikan dari kiriman yang ditolak. Ubah yang ditandai, lalu kirim lagi.", { kind: "bad" });
}

// The question that every form has: where.
function placeQuestion({ required, onChange, ...more }) {
  const trouble = element("p", { class: "problem", role: "alert", hidden: true });
  const position = positionInput({
    ...more, required, placeOnMap,
    onChange(fix) {
      show("");
      onChange(fix);
    },
  });
  const root = element("div", { class: "question" },
    element("span", { class: "question-title" }, "Posisi", required ? null : element("span", { class: "optional" }, " (boleh kosong)")),
    position.root, trouble);
  function show(text) {
    trouble.replaceChildren(...(text ? [icon("alert"), text] : []));
    trouble.hidden = !text;
  }
  function check() {
    const lacking = required && !position.best();
    show(lacking ? "Posisi wajib ada. Tunggu GPS atau letakkan di peta." : "");
    return !lacking;
  }
  return { ...position, root, check, show };
}

const defaults = (form) => Object.fromEntries(form.fields.filter((field) => field.kind === "date" && field.required).map((field) => [field.name, today()]));

const filled = (answers) => Object.fromEntries(Object.entries(answers).filter(([, value]) => value !== "" && value !== undefined));

async function photosOf(draft) {
  const found = {};
  for (const [name, photo] of Object.entries(draft?.photos ?? {})) {
    const blob = await drafts.photoBlob(photo.id);
    if (blob) found[name] = { ...photo, blob };
  }
  return found;
}

async function reasonsOf(id) {
  const item = await outbox.get(id);
  return item?.state === "refused" ? byField(item.reasons) : {};
}

// The server names an answer `values.x` where the form calls it `x`.
export const byField = (reasons) => Object.fromEntries(Object.entries(reasons ?? {}).map(([name, text]) => [name.replace(/^values\./, ""), text]));
