// A phone becomes an officer's: by the QR code of the office, by its code typed, or logged in.

import { element } from "portal/element";
import * as device from "../device.js";
import { button, newId, notice } from "./parts.js";

export async function enrol(app, _, { enrol: code = "" }) {
  const now = await device.current();
  const trouble = element("div", { role: "alert" });
  const [codeId, nameId] = [newId("code"), newId("name")];
  const codeInput = element("input", { class: "field enrol-code", id: codeId, value: code, autocomplete: "off", autocapitalize: "none", spellcheck: "false", maxlength: 200 });
  const nameInput = element("input", { class: "field", id: nameId, value: now?.device?.name ?? guessName(), maxlength: 100, autocomplete: "off", required: true });
  const submit = element("button", { class: "button button-main button-wide" }, "Daftarkan ponsel ini");

  const join = (enrolling) => async () => {
    trouble.replaceChildren();
    app.replace("#/"); // the code works once: it has no business in the history
    try {
      await enrolling();
      await app.refresh();
      app.replaceAndGo("#/");
    } catch (error) {
      app.replace("#/enrol");
      trouble.replaceChildren(notice(error.message, { kind: "bad" }));
    }
  };
  const form = element("form", { class: "enrol", novalidate: true },
    element("div", { class: "question" }, element("label", { for: codeId }, "Kode pendaftaran"), codeInput,
      element("p", {}, "Pindai kode QR dari administrator dengan kamera, atau ketik kodenya di sini.")),
    element("div", { class: "question" }, element("label", { for: nameId }, "Nama ponsel ini"), nameInput,
      element("p", {}, "Agar dapat dikenali dan dicabut bila hilang.")),
    trouble, submit);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!codeInput.value.trim()) {
      trouble.replaceChildren(notice("Isi kode pendaftaran, atau masuk dengan akun Anda di bawah.", { kind: "bad" }));
      return codeInput.focus();
    }
    return app.guarded(submit, join(() => device.enrol({ code: codeInput.value.trim(), name: nameOf() })));
  });
  const nameOf = () => nameInput.value.trim() || guessName();
  const bySession = button("Saya sudah masuk: daftarkan", () => app.guarded(bySession, join(() => device.enrolBySession({ name: nameOf() }))), { with: "device", class: "button button-wide" });
  return {
    title: now ? "Daftarkan ulang ponsel" : "Daftarkan ponsel",
    body: [
      now?.rejected ? notice("Izin ponsel ini habis atau dicabut. Semua isian tetap tersimpan dan dikirim setelah didaftarkan ulang.", { kind: "warn" })
        : element("p", {}, "Sekali didaftarkan, ponsel ini dapat dipakai tanpa jaringan. Isian dikirim atas nama Anda."),
      form,
      element("div", { class: "part" },
        element("h2", {}, "Tanpa kode"),
        element("p", {}, "Punya akun portal? Masuk dahulu, lalu daftarkan dari sini."),
        element("a", { class: "button button-wide", href: "/login/?next=/field/" }, "Masuk dengan akun"),
        bySession),
    ],
    back: now ? "#/" : null,
  };
}

function guessName() {
  const [, model] = /Android [\d.]+; ([^;)]+)/.exec(navigator.userAgent) ?? [];
  if (model && model !== "K") return model.trim();
  if (/iPhone/.test(navigator.userAgent)) return "iPhone";
  return /Android/.test(navigator.userAgent) ? "Ponsel Android" : "Komputer";
}
