// Any form, drawn from its definition.

import { element } from "portal/element";
import * as drafts from "../drafts.js";
import * as outbox from "../outbox.js";
import * as sync from "../sync.js";
import { placeOnMap } from "./field_map.js";
import { keeping } from "./keeping.js";
import { ask, button, empty, icon, notice } from "./parts.js";
import { pointOf, positionInput } from "./position.js";
import { priceList } from "./price_list.js";
import { question } from "./question.js";
import { reference } from "./reference.js";
import { monthsBetween, time, today } from "./written.js";

// Forms that have a screen of their own; every other one is drawn from its definition.
const OWN_SCREENS = { "price-readings": priceList };

export async function begin(app, [formId], given) {
  const form = await sync.form(formId);
  return form ? screen(app, { form, draft: null, given }) : missing();
}

export async function resume(app, [id]) {
  const draft = await drafts.get(id);
  const form = draft && ((await sync.form(draft.form, draft.form_version)) ?? (await sync.form(draft.form)));
  return form ? screen(app, { form, draft, given: {} }) : missing();
}

function screen(app, opened) {
  // A revision is of one submission, whatever the form: it is drawn as one.
  const own = opened.draft?.revises ? null : OWN_SCREENS[opened.form.form];
  return (own ?? fill)(app, opened);
}

const missing = () => ({
  title: "Formulir",
  body: empty("Isian atau formulir ini tidak ada lagi di ponsel.", element("a", { class: "button", href: "#/" }, "Ke Beranda")),
});

async function fill(app, { form, draft, given }) {
  const known = await reference();
  const photos = await photosOf(draft);
  const answers = { ...defaults(form), ...given, ...draft?.values };
  const reasons = draft?.revises ? await reasonsOf(draft.revises) : {};
  let here = pointOf(draft?.fix);

  const state = element("p", { class: "saved", role: "status" });
  const reading = element("p", { class: "saved", "aria-hidden": "true" }); // the position says it aloud itself
  const said = (glyph, text) => state.replaceChildren(icon(glyph), text);
  if (draft) said("draft", `Draf tersimpan ${time(draft.updated_at)}`);
  const keeper = keeping({
    draft, form,
    given: () => ({ values: typed(answers), fix: place.read() ?? undefined }),
    onBegin(id) {
      app.replace(`#/draft/${id}`);
      discardButton.hidden = false;
    },
    onSaved: () => said("draft", `Draf tersimpan ${time(Date.now())}`),
    onTrouble: (error) => said("alert", `Draf belum tersimpan. ${error.message}`),
  });

  const questions = form.fields.map((field) => question(field, {
    value: answers[field.name],
    photo: photos[field.name] ?? null,
    rows: () => known.rows(field.codes),
    listTitle: field.codes ? known.list(field.codes)?.title : undefined,
    here: () => here,
    keepPhoto: async (name, blob) => ({ ...(await keeper.photo(name, blob)), blob }),
    dropPhoto: keeper.dropPhoto,
    onChange(value) {
      if (field.kind === "photo") return;
      answers[field.name] = value;
      keeper.change({ values: { [field.name]: Number.isNaN(value) ? null : value } });
      tellAges();
    },
  }));
  form.fields.forEach((field, at) => questions[at].show(reasons[field.name] ?? ""));

  const place = placeQuestion({
    value: draft?.fix ?? null,
    required: form.geometry === "required",
    onReading: (text) => { reading.replaceChildren(icon("pin"), text); },
    onMove: (point) => { here = point; },
    onChange(fix) {
      here = pointOf(fix);
      if (keeper.id()) keeper.change({ fix });
    },
  });

  place.show(reasons.geometry ?? "");

  // The age of whoever was chosen, on the day that is answered.
  function tellAges() {
    const day = form.fields.find((field) => field.kind === "date");
    form.fields.forEach((field, at) => {
      if (!field.codes) return;
      const born = known.rows(field.codes).find((one) => one.code === answers[field.name])?.born_on;
      const on = (day && answers[day.name]) || today();
      questions[at].tell(born && on >= born ? `Usia ${monthsBetween(born, on)} bulan saat diukur` : "");
    });
  }
  tellAges();

  const send = () => app.guarded(sendButton, async () => {
    const still = app.here();
    await Promise.all(questions.map((one) => one.settled()));
    const [first] = [...questions, place].filter((one) => !one.check());
    if (first) {
      first.focus();
      return;
    }
    const fix = place.best();
    keeper.change({ values: typed(answers), ...(fix && { fix }) });
    await outbox.finish(await keeper.settled());
    app.toast(navigator.onLine ? "Masuk kotak kirim dan sedang dikirim." : "Masuk kotak kirim. Dikirim sendiri begitu ada jaringan.");
    if (still()) app.replaceAndGo("#/outbox");
  });

  async function discard() {
    const sure = await ask({ title: "Hapus draf ini?", text: "Isian dan fotonya hilang dari ponsel dan tidak dapat dikembalikan.", yes: "Hapus", danger: true });
    if (!sure) return;
    await keeper.leave();
    if (keeper.id()) await drafts.remove(keeper.id());
    app.replaceAndGo("#/");
  }

  const discardButton = button("Hapus draf", discard, { kind: "plain", with: "trash", class: "button button-plain discard", hidden: !draft });
  const sendButton = button(draft?.revises ? "Kirim perbaikan" : "Kirim", send, { kind: "main", with: "outbox" });
  const refused = Object.values(reasons).length > 0;
  const body = [
    draft?.revises ? notice(refused ? "Perbaikan dari kiriman yang ditolak. Ubah yang ditandai, lalu kirim lagi." : "Perubahan atas kiriman sebelumnya. Yang lama tetap tercatat.", { kind: refused ? "bad" : "info" }) : null,
    ...questions.map((one) => one.root),
    place.root,
    discardButton,
    element("div", { class: "send-bar" }, element("div", { class: "send-state" }, reading, state), sendButton),
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

// Answers as they are kept: without what is empty or unreadable.
const typed = (answers) => Object.fromEntries(Object.entries(answers).filter(([, value]) => value !== "" && value !== undefined && !Number.isNaN(value)));

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

// The server names an answer `values.price` where the form calls it `price`.
export const byField = (reasons) => Object.fromEntries(Object.entries(reasons ?? {}).map(([name, text]) => [name.replace(/^values\./, ""), text]));
