// The forms and lists that the phone holds, and answers put into words with them.

import * as sync from "../sync.js";
import { date, noun, numeral } from "./written.js";

export async function reference() {
  const forms = await sync.forms();
  const ids = [...new Set(forms.flatMap((form) => form.lists ?? []))];
  const lists = new Map(await Promise.all(ids.map(async (id) => [id, await sync.list(id)])));
  const rows = (id) => lists.get(id)?.rows ?? [];
  const form = (id) => forms.find((one) => one.form === id) ?? null;

  function answer(field, value) {
    if (value === undefined || value === null || value === "") return "";
    if (field.codes) return rows(field.codes).find((one) => one.code === value)?.name ?? String(value);
    if (field.kind === "choice") return field.choices.find((one) => one.code === value)?.name ?? String(value);
    if (field.kind === "date") return date(value);
    return typeof value === "number" ? numeral(value, field.format) : String(value);
  }

  return {
    forms,
    form,
    rows,
    list: (id) => lists.get(id) ?? null,
    answer,
    title: (id) => form(id)?.title ?? id,
    // The first few short answers: what tells this one from others of its form.
    summary(id, values) {
      const fields = (form(id)?.fields ?? []).filter((field) => field.kind !== "photo");
      const told = fields.map((field) => answer(field, values[field.name])).filter(Boolean);
      return told.slice(0, 3).map((text) => (text.length > 60 ? `${text.slice(0, 57)}…` : text)).join(" · ");
    },
    // What the lines of a form's sheet are.
    lines(id) {
      const { fields, sheet } = form(id) ?? {};
      return sheet ? noun(fields.find((field) => field.name === sheet.answer).title) : "baris";
    },
    // The question of a form that is answered from a list of work, and that list.
    task(one) {
      const field = one.fields.find((other) => other.codes && lists.get(other.codes)?.assigned);
      return field ? { form: one, field, ...lists.get(field.codes) } : null;
    },
  };
}
