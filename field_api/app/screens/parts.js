// The few things that every screen is made of.

import { element } from "portal/element";

let serial = 0;
export const newId = (what) => `${what}-${(serial += 1)}`;

export const icon = (name) => element("span", { class: `icon icon-${name}`, "aria-hidden": "true" });

// kind: "main", "danger", "plain" or nothing
export function button(text, onclick, { kind, with: glyph, ...attributes } = {}) {
  const style = kind ? `button button-${kind}` : "button";
  return element("button", { type: "button", class: style, onclick, ...attributes }, glyph && icon(glyph), text);
}

// A line one can tap: what it is, what is said of it, and a number at its end.
export function row({ title, note, glyph, end, href, onclick, tone }) {
  const made = element(
    href ? "a" : onclick ? "button" : "div",
    { class: `row${tone ? ` row-${tone}` : ""}`, href, type: onclick && !href ? "button" : undefined, onclick },
    glyph && icon(glyph),
    element("span", { class: "row-text" }, element("b", {}, title), note ? element("span", {}, note) : null),
    end === undefined || end === null || end === "" ? null : typeof end === "object" ? end : element("span", { class: "row-end" }, String(end)),
    href || onclick ? icon("next") : null,
  );
  return made;
}

export const list = (rows, attributes = {}) =>
  element("ul", { class: "rows", ...attributes }, ...rows.map((one) => element("li", {}, one)));

export const section = (title, ...children) =>
  element("section", { class: "part" }, element("h2", {}, title), ...children);

export function notice(text, { kind = "warn", act, glyph } = {}) {
  const glyphs = { warn: "alert", bad: "alert", good: "done", info: "info" };
  return element(
    "div",
    { class: `notice notice-${kind}` },
    icon(glyph ?? glyphs[kind]),
    element("span", { class: "notice-text" }, text),
    act ? button(act.label, act.act, { kind: "plain" }) : null,
  );
}

export const empty = (text, ...more) => element("div", { class: "empty" }, element("p", {}, text), ...more);

export const tag = (text, tone, glyph) => element("span", { class: `tag tag-${tone}` }, glyph && icon(glyph), text);

// A question that must be answered before anything goes on. Resolves to true only for `yes`.
export function ask({ title, text, yes, no = "Batal", danger = false }) {
  return new Promise((resolve) => {
    const heading = element("h2", { id: newId("ask") }, title);
    const dialog = element(
      "dialog",
      { class: "ask", "aria-labelledby": heading.id },
      heading,
      element("p", {}, text),
      element(
        "div",
        { class: "ask-acts" },
        button(no, () => dialog.close(), { autofocus: true }),
        button(yes, () => dialog.close("yes"), { kind: danger ? "danger" : "main" }),
      ),
    );
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

// A screen over the screen, closed with its cross, Escape or the phone's back gesture.
export function overlay(title, body, { onClose } = {}) {
  const heading = element("h2", { id: newId("overlay") }, title);
  const dialog = element(
    "dialog",
    { class: "overlay", "aria-labelledby": heading.id },
    element(
      "header",
      { class: "overlay-head" },
      heading,
      element("button", { type: "button", class: "icon-button", "aria-label": "Tutup", onclick: () => dialog.close() }, icon("close")),
    ),
    body,
  );
  dialog.addEventListener("close", () => {
    dialog.remove();
    onClose?.();
  });
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}
