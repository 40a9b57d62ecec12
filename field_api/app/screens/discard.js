// Throwing a draft away, once the officer is sure.

import * as drafts from "../drafts.js";
import { ask } from "./parts.js";

export async function discard(app, keeper) {
  const sure = await ask({ title: "Hapus draf ini?", text: "Isian dan fotonya hilang dari ponsel dan tidak dapat dikembalikan.", yes: "Hapus", danger: true });
  if (!sure) return;
  await keeper.leave();
  if (keeper.id()) await drafts.remove(keeper.id());
  app.replaceAndGo("#/");
}
