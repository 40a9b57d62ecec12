// This phone: whose it is, how much room it has, and how to take leave of it.

import { element } from "portal/element";
import * as device from "../device.js";
import { ask, button, list, row, section } from "./parts.js";
import { bytes, date, moment } from "./written.js";

export async function deviceScreen(app) {
  const [now, room] = await Promise.all([device.current(), device.storage()]);
  const leave = button("Keluar dan hapus dari ponsel", () => app.guarded(leave, () => forget(app)), { kind: "danger", with: "out", class: "button button-danger button-wide" });
  return {
    title: "Ponsel ini",
    back: "#/",
    body: [
      section("Petugas", list([row({ title: now.user.name || now.user.username, note: now.user.username, glyph: "device" })])),
      section("Ponsel", element("dl", { class: "answers" },
        fact("Nama ponsel", now.device?.name ?? now.device ?? "–"),
        fact("Terdaftar", moment(now.enrolled_at)),
        fact("Izin berlaku sampai", now.expires_at ? date(now.expires_at) : "–"),
        fact("Ruang terpakai", `${bytes(room.usage)} dari ${bytes(room.quota)}`),
        fact("Penyimpanan", room.persisted ? "Dijaga: tidak dihapus otomatis oleh peramban" : "Dapat dihapus peramban bila ruang habis; kirim isian secepatnya"))),
      element("a", { class: "button button-wide", href: "#/enrol" }, "Daftarkan ulang"),
      leave,
    ],
  };
}

const fact = (title, text) => element("div", {}, element("dt", {}, title), element("dd", {}, text));

async function forget(app) {
  const plain = { title: "Keluar dari ponsel ini?", text: "Formulir, daftar, peta, dan riwayat di ponsel dihapus. Yang sudah terkirim tetap ada di server.", yes: "Keluar", danger: true };
  if (!(await ask(plain))) return;
  try {
    await device.forget();
  } catch (error) {
    if (error.code !== "unsent") throw error;
    const lost = { title: "Ada yang belum terkirim", text: `${error.count ?? "Beberapa"} isian atau foto belum sampai ke server dan akan HILANG. Kirim dahulu dari Kotak kirim bila masih diperlukan.`, yes: "Hapus semuanya", no: "Jangan keluar", danger: true };
    if (!(await ask(lost))) return;
    await device.forget({ force: true });
  }
  await app.refresh();
  app.replaceAndGo("#/enrol");
}
