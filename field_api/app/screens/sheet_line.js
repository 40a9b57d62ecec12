// One line of a sheet: what it was last, what it is now, and a doubt that wants to be confirmed.

import { element } from "portal/element";
import { button, icon, newId } from "./parts.js";
import { doubt } from "./plausible.js";
import { complaint } from "./question.js";
import { dayName, groupWhileTyping, grouped, readWhole, signOf } from "./written.js";

const RESTED = 1200; // ms without typing
const LEFT = 300; // ms after the field was left

/**
 * @param {{code: string, name: string, note?: string}} item
 * @param {{terms: object, answer?: number, last: object|null, onChange: (answer: number|null) => void}} more
 */
export function sheetLine(item, { terms, answer, last, onChange }) {
  const input = element("input", { id: newId("line"), type: "text", inputmode: "numeric", autocomplete: "off", enterkeyhint: "next" });
  const before = element("span", { id: newId("last") }, lastOf(last, terms));
  const warning = element("div", { class: "line-warning", role: "alert" });
  input.setAttribute("aria-describedby", before.id);
  input.value = answer === undefined ? "" : grouped(answer);
  groupWhileTyping(input);
  const same = last && !last.elsewhere ? button(`Sama seperti ${dayOf(last)}`, takeLast, { class: "button line-same" }) : null;
  same?.setAttribute("aria-label", `${item.name}: ${same.textContent}, ${terms.write(last.answer)}`);
  const sign = signOf(terms.answer.format);
  const root = element("div", { class: "line" },
    element("div", { class: "line-name" },
      element("label", { for: input.id }, item.name), item.note ? element("span", {}, item.note) : null, before),
    element("div", { class: "line-entry" },
      element("div", { class: "line-input" }, sign ? element("span", { "aria-hidden": "true" }, sign) : null, input), same),
    warning);
  let confirmed = null; // the answer that was confirmed, not the line

  const read = () => (input.value.trim() === "" ? null : readWhole(input.value));
  const wrong = () => (read() === null ? "" : complaint(terms.answer, read()));
  const doubted = () => (read() === null || wrong() ? "" : doubt(read(), last, terms));
  const unsure = () => Boolean(doubted()) && confirmed !== read();

  function draw({ settled }) {
    root.classList.toggle("line-filled", read() !== null && !wrong() && !(settled && unsure()));
    root.classList.toggle("line-odd", settled && unsure());
    if (wrong()) warning.replaceChildren(element("p", { class: "problem" }, icon("alert"), wrong()));
    // While somebody is still typing, 1.5 of 15.500 is no doubt yet.
    else if (settled && doubted()) warning.replaceChildren(confirmation());
    else warning.replaceChildren();
  }
  function confirmation() {
    const box = element("input", { type: "checkbox", checked: confirmed === read() });
    box.addEventListener("change", () => {
      confirmed = box.checked ? read() : null;
      draw({ settled: true });
      askAgain();
    });
    return element("div", { class: "notice notice-warn" }, icon("alert"),
      element("span", { class: "notice-text" }, doubted()),
      element("label", {}, box, `${terms.names.Answer} ini benar`));
  }
  const askAgain = () => warning.querySelector("input")?.focus();

  function takeLast() {
    input.value = grouped(last.answer);
    onChange(last.answer);
    draw({ settled: true });
    input.focus();
  }
  // A doubt shows when the typing rests; never in the middle of a tap, whose button it would move.
  let resting = 0;
  const settleIn = (wait) => {
    clearTimeout(resting);
    resting = setTimeout(() => draw({ settled: true }), wait);
  };
  input.addEventListener("input", () => {
    onChange(Number.isNaN(read()) ? null : read());
    draw({ settled: false });
    settleIn(RESTED);
  });
  input.addEventListener("change", () => settleIn(LEFT));
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    const all = [...root.closest(".sheet").querySelectorAll(".line-input input")];
    (all[all.indexOf(input) + 1] ?? input).focus();
  });
  draw({ settled: true });
  return {
    root, item, unsure,
    answer: read,
    focus: () => input.focus(),
    check() {
      draw({ settled: true });
      return !wrong();
    },
    ask() {
      draw({ settled: true });
      root.scrollIntoView({ block: "center" });
      askAgain();
    },
  };
}

function dayOf({ observed_at }) {
  const day = dayName(observed_at);
  return day === "hari ini" ? "tadi" : day.replace(/ \d{4}$/, "");
}

function lastOf(last, { names, write }) {
  if (!last) return `Belum ada ${names.answer} sebelumnya`;
  if (last.elsewhere) return `${names.By} lain ${write(last.answer)}`;
  return `${write(last.answer)} · ${dayName(last.observed_at)}`;
}
