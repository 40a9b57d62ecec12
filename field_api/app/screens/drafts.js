// What was begun and not sent yet.

import { element } from "portal/element";
import * as drafts from "../drafts.js";
import { empty, list, row } from "./parts.js";
import { reference } from "./reference.js";
import { lately } from "./written.js";

export async function draftsScreen() {
  const [found, known] = await Promise.all([drafts.list(), reference()]);
  const body = found.length
    ? list(found.map((draft) => row({
      title: draft.revises ? `${known.title(draft.form)} (perbaikan)` : known.title(draft.form),
      note: told(draft, known), glyph: "draft", href: `#/draft/${draft.id}`,
    })))
    : empty("Tidak ada draf. Isian yang belum dikirim tersimpan di sini dengan sendirinya.", element("a", { class: "button", href: "#/" }, "Isi formulir"));
  return { title: "Draf", body, watch: ["drafts"], tab: "drafts" };
}

function told(draft, known) {
  const rows = Object.keys(draft.rows ?? {}).length;
  const photos = Object.keys(draft.photos ?? {}).length;
  return [
    known.summary(draft.form, draft.values),
    rows ? `${rows} ${known.lines(draft.form)}` : "",
    photos ? `${photos} foto` : "",
    lately(draft.updated_at),
  ].filter(Boolean).join(" · ");
}
