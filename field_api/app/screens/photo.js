// A photo on its way into a draft: made small enough for a slow network, shown before it is sent.

import { element } from "portal/element";
import { button, icon, newId, notice } from "./parts.js";
import { bytes } from "./written.js";

const LONGEST = 1600; // px: a number plate across a street is still legible
const QUALITY = 0.8;

// A JPEG of at most 1600 px; the file itself where this browser cannot draw it (HEIC on Android).
async function shrink(file) {
  try {
    const image = await createImageBitmap(file, { imageOrientation: "from-image" });
    const scale = Math.min(1, LONGEST / Math.max(image.width, image.height));
    const canvas = Object.assign(document.createElement("canvas"), {
      width: Math.round(image.width * scale), height: Math.round(image.height * scale),
    });
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    image.close();
    const made = await new Promise((resolve) => { canvas.toBlob(resolve, "image/jpeg", QUALITY); });
    canvas.width = canvas.height = 0; // a phone with little memory gets it back now
    return made ?? file;
  } catch {
    return file;
  }
}

// A picture of a blob that gives its memory back once it is drawn.
export function thumbnail(blob, text) {
  const address = URL.createObjectURL(blob);
  const image = element("img", { src: address, alt: text, class: "thumbnail" });
  const done = () => URL.revokeObjectURL(address);
  image.addEventListener("load", done);
  image.addEventListener("error", () => {
    done();
    image.replaceWith(element("div", { class: "thumbnail thumbnail-none" }, icon("image"), "Tersimpan; tidak dapat ditampilkan di ponsel ini"));
  });
  return image;
}

// `photo` is {blob, name} or null, `sent` one that is with the server already; `keep(blob)` and
// `drop()` write it into the draft and may fail.
export function photoInput({ label, photo, sent, keep, drop }) {
  const input = element("input", { type: "file", accept: "image/*", capture: "environment", class: "visually-hidden", id: newId("photo"), tabindex: "-1", "aria-label": label });
  const root = element("div", { class: "photo" }, input);
  const shown = element("div", { class: "photo-shown" });
  root.append(shown);

  function draw(held) {
    const choose = (text) => button(text, () => input.click(), { with: "camera", class: "button button-wide" });
    if (!held && sent) return shown.replaceChildren(notice("Foto yang sudah terkirim tetap dipakai.", { kind: "info" }), choose("Ganti foto"));
    if (!held) return shown.replaceChildren(choose("Ambil foto"));
    return shown.replaceChildren(
      thumbnail(held.blob, label),
      element("div", { class: "photo-acts" },
        element("span", {}, bytes(held.blob.size)),
        button("Ganti", () => input.click(), { with: "camera" }),
        button("Hapus", remove, { with: "trash" })),
    );
  }
  let working = Promise.resolve(); // a photo on its way into the draft: sending waits for it
  async function remove() {
    await drop();
    sent = false;
    draw(null);
    shown.querySelector("button").focus();
  }
  input.addEventListener("change", () => {
    const [file] = input.files;
    input.value = "";
    if (file) working = take(file);
  });
  async function take(file) {
    shown.replaceChildren(element("p", { role: "status", class: "busy" }, "Menyiapkan foto…"));
    try {
      draw(await keep(await shrink(file)));
    } catch (error) {
      shown.replaceChildren(
        notice(`Foto tidak tersimpan. ${error.message}`, { kind: "bad" }),
        button("Ambil foto", () => input.click(), { with: "camera", class: "button button-wide" }),
      );
    }
  }
  draw(photo);
  return { root, settled: () => working, focus: () => shown.querySelector("button").focus() };
}
