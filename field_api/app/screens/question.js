// One question of a form as something one can answer. What can be asked is what the declaration of
// a form can say (kind, choices, codes, bounds): a new layer's form needs nothing here.

import { element } from "portal/element";
import { pick, tell } from "./code_list.js";
import { icon, newId } from "./parts.js";
import { photoInput } from "./photo.js";
import { groupWhileTyping, grouped, number, readDecimal, readWhole, today } from "./written.js";

const LONG = 100; // characters from which a text has more than one line

/* Each kind gives {root, read, focus, grouped}: what is shown, the answer now ("" for none, NaN for
   what cannot be read) and where the focus goes. `grouped` ones are several controls in one. What
   cannot be read is told to `onChange` as the text that it is: a draft keeps what was typed. */
const KINDS = { choice, integer, decimal, date, text, uuid: text, photo };

export function question(field, context) {
  const { value, onChange } = context;
  const ids = { label: newId("q"), problem: newId("problem") };
  const kind = field.codes ? coded : KINDS[field.kind] ?? text;
  const control = kind(field, { ...context, ids, onChange: changed });
  const problem = element("p", { class: "problem", id: ids.problem, role: "alert", hidden: true });
  const title = [field.title, field.required ? null : element("span", { class: "optional" }, " (boleh kosong)")].filter(Boolean);
  const root = control.grouped
    ? element("fieldset", { class: "question", "aria-describedby": ids.problem }, element("legend", { id: ids.label }, ...title), control.root)
    : element("div", { class: "question" }, element("label", { id: ids.label, for: control.input?.id }, ...title), control.root);
  root.append(problem);
  root.dataset.field = field.name;
  const marked = control.input ?? root;

  function changed(answer) {
    show("");
    onChange(Number.isNaN(answer) ? control.input.value : answer);
  }
  function show(text) {
    problem.replaceChildren(...(text ? [icon("alert"), text] : []));
    problem.hidden = !text;
    if (text) marked.setAttribute("aria-invalid", "true");
    else marked.removeAttribute("aria-invalid");
  }
  function check() {
    const found = complaint(field, control.read());
    show(found);
    return !found;
  }
  // After the tap that took the focus away: a sentence that comes sooner moves its target.
  control.input?.addEventListener("blur", () => setTimeout(() => { if (control.read() !== "") check(); }, 300));
  return { root, check, show, read: control.read, focus: control.focus, settled: control.settled ?? (() => {}) };
}

// What is wrong with an answer, in words that say how to put it right; "" where nothing is.
export function complaint(field, answer) {
  if (answer === "" || answer === null || answer === undefined) return field.required ? "Wajib diisi." : "";
  if (Number.isNaN(answer)) return field.kind === "integer" ? "Tulis angka bulat, misalnya 15.500." : "Tulis angka, misalnya 81,5.";
  if (typeof answer === "number") {
    if (field.minimum !== null && field.minimum !== undefined && answer < field.minimum) return `Paling kecil ${number(field.minimum)}.`;
    if (field.maximum !== null && field.maximum !== undefined && answer > field.maximum) return `Paling besar ${number(field.maximum)}.`;
  }
  if (field.kind === "date" && answer > today()) return "Tanggal ini belum tiba.";
  if (typeof answer === "string" && field.max_length && answer.length > field.max_length) return `Paling banyak ${number(field.max_length)} huruf.`;
  return "";
}

// -- the kinds

function choice(field, { value, ids, onChange }) {
  const name = newId("choice");
  const inputs = field.choices.map(({ code }) => element("input", { type: "radio", name, value: code, id: newId("option"), checked: code === value }));
  const root = element("div", { class: "options" }, ...field.choices.map(({ name: text }, at) =>
    element("label", { class: "option", for: inputs[at].id }, inputs[at], element("span", {}, text))));
  root.addEventListener("change", () => onChange(read()));
  const read = () => inputs.find((one) => one.checked)?.value ?? "";
  return { root, read, focus: () => (inputs.find((one) => one.checked) ?? inputs[0]).focus(), grouped: true };
}

function typed(input, read, onChange) {
  input.addEventListener("input", () => onChange(read()));
  return { root: input, input, read, focus: () => input.focus() };
}

const described = ({ problem }) => ({ class: "field", id: newId("field"), "aria-describedby": problem });

function text(field, { value, ids, onChange }) {
  const many = (field.max_length ?? LONG) > LONG;
  const input = element(many ? "textarea" : "input", {
    ...described(ids), maxlength: field.max_length ?? undefined, required: field.required, rows: many ? 3 : undefined,
    type: many ? undefined : "text", autocomplete: "off",
  });
  input.value = value ?? "";
  return typed(input, () => input.value.trim(), onChange);
}

function integer(field, { value, ids, onChange }) {
  const input = element("input", { ...described(ids), type: "text", inputmode: "numeric", required: field.required, autocomplete: "off" });
  input.value = typeof value === "number" ? grouped(value) : value ?? "";
  groupWhileTyping(input);
  return typed(input, () => (input.value.trim() === "" ? "" : readWhole(input.value)), onChange);
}

function decimal(field, { value, ids, onChange }) {
  const input = element("input", { ...described(ids), type: "text", inputmode: "decimal", required: field.required, autocomplete: "off" });
  input.value = typeof value === "number" ? String(value).replace(".", ",") : value ?? "";
  return typed(input, () => (input.value.trim() === "" ? "" : readDecimal(input.value)), onChange);
}

function date(field, { value, ids, onChange }) {
  const input = element("input", { ...described(ids), type: "date", required: field.required, max: today() });
  input.value = value ?? (field.required ? today() : "");
  return typed(input, () => input.value, onChange);
}

function photo(field, { value, photo: held, keepPhoto, dropPhoto, onChange }) {
  let name = held?.name ?? value ?? "";
  const { root, focus, settled } = photoInput({
    label: field.title,
    photo: held,
    sent: Boolean(value && !held),
    async keep(blob) {
      const kept = await keepPhoto(field.name, blob);
      name = kept.name;
      onChange(name);
      return kept;
    },
    async drop() {
      await dropPhoto(field.name);
      name = "";
      onChange(name);
    },
  });
  return { root, read: () => name, focus, settled, grouped: true };
}

// The answer is the code of a row that is looked up by name.
function coded(field, { value, ids, onChange, rows, here, listTitle }) {
  const opener = element("button", { type: "button", class: "chooser", id: newId("field"), "aria-describedby": ids.problem, onclick: choose });
  let code = value ?? "";
  function draw() {
    const one = rows().find((other) => other.code === code);
    const said = one ? [element("b", {}, one.name), element("span", {}, tell(one))]
      : [element("b", {}, code ? String(code) : "Pilih…"), code ? element("span", {}, "Tidak ada dalam daftar di ponsel ini") : null];
    opener.replaceChildren(element("span", { class: "row-text" }, ...said.filter(Boolean)), icon("next"));
    opener.setAttribute("aria-labelledby", `${ids.label} ${opener.id}`);
  }
  async function choose() {
    const one = await pick(listTitle ?? field.title, rows(), { here: here(), free: field.kind === "text" });
    if (!one) return;
    code = one.code;
    draw();
    onChange(code);
  }
  draw();
  return { root: opener, input: opener, read: () => code, focus: () => opener.focus() };
}
