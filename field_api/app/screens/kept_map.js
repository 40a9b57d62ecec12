// The map on the phone: what is kept of it, how far it has come, and the tap that fetches it.

import * as keeper from "../map_keeper.js";
import { button } from "./parts.js";
import { bytes, grouped, lately, percent } from "./written.js";

export const isWhole = (kept) => Boolean(kept && !kept.lacking);

export function keptSaid(kept) {
  const { progress } = keeper.status();
  if (progress) return `Menyimpan peta: ${percent((100 * progress.done) / progress.total)}, ${bytes(progress.bytes)}`;
  if (!kept) return "Peta belum disimpan di ponsel";
  return `${isWhole(kept) ? "Peta tersimpan" : "Peta baru tersimpan sebagian"} (${bytes(kept.bytes)}, ${lately(kept.kept_at)})`;
}

export function keepButton(app, kept) {
  const { plan, progress } = keeper.status();
  if (progress) return button("Hentikan", keeper.stop, { with: "close" });
  const text = isWhole(kept) ? "Perbarui peta" : `Simpan peta${plan ? ` (± ${bytes(plan.bytes)})` : ""}`;
  const made = button(text, () => app.guarded(made, () => keep(app)), { with: "keep", kind: isWhole(kept) ? undefined : "main" });
  return made;
}

async function keep(app) {
  const told = await keeper.keep();
  if (!told) app.toast("Peta sedang disimpan di tab lain.", "info");
  else if (told.failed && !told.stopped) app.toast(`${grouped(told.failed)} petak belum tersimpan. Ulangi saat jaringan baik.`, "warn");
  else if (!told.stopped) app.toast("Peta tersimpan di ponsel.");
}
