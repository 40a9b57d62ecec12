// When: the values of a layer that are times are run through one by one; the rows of a layer that
// have a time are shown of one day, of one month or of a span.

import { element } from "./element.js";
import { localeOf } from "./format.js";

const EACH = 1500; // milliseconds a step when it plays
const STILL = matchMedia("(prefers-reduced-motion: reduce)");
const DAY = 86_400_000;

export function createTime(layer, box, tools) {
  return layer.facet?.timed ? createValues(layer, box, tools) : createSpan(layer, box, tools);
}

// A slider with a button that runs through its steps; who asks for less motion gets the slider alone.
function createSlider(words, { label, onStep }) {
  const range = element("input", { type: "range", min: 0, step: 1, "aria-label": label });
  const icon = element("span", { class: "icon icon-play" });
  const play = element("button", { class: "icon-button", type: "button", "aria-label": words.play, onclick: toggle }, icon);
  play.hidden = STILL.matches;
  let timer = null;

  const step = (to) => { range.value = to; onStep(Number(range.value)); };
  function stop() {
    clearInterval(timer);
    timer = null;
    icon.className = "icon icon-play";
    play.setAttribute("aria-label", words.play);
  }
  function toggle() {
    if (timer) { stop(); return; }
    icon.className = "icon icon-pause";
    play.setAttribute("aria-label", words.pause);
    if (range.value === range.max) step(0);
    timer = setInterval(() => {
      if (range.value === range.max || !range.isConnected || document.hidden) stop();
      else step(Number(range.value) + 1);
    }, EACH);
  }
  range.addEventListener("input", () => { stop(); onStep(Number(range.value)); });
  return {
    box: element("div", { class: "option-line" }, play, range),
    stop,
    show(at, count, text) {
      range.max = Math.max(count - 1, 0);
      range.value = at;
      range.setAttribute("aria-valuetext", text);
    },
  };
}

// -- the values of a facet: the catalogue tells the newest first

function createValues(layer, box, { state, words, changed }) {
  const values = [...layer.facet.values].reverse();
  const slider = createSlider(words, {
    label: layer.facet.title,
    onStep: (at) => { state.chosen[layer.id] = values[at].value; changed({ step: false }); },
  });
  if (values.length > 1) box.append(slider.box);
  return {
    showState() {
      const at = values.findIndex((one) => one.value === state.chosen[layer.id]);
      if (at >= 0) slider.show(at, values.length, values[at].label);
    },
  };
}

// -- days, months and spans of rows

const dayOf = (time) => new Date(time).toISOString().slice(0, 10);
const endOfMonth = (month) => dayOf(Date.UTC(month.slice(0, 4), Number(month.slice(5, 7)), 0));

function steps(unit, { first, last }) {
  const found = [];
  if (unit === "day") {
    for (let at = Date.parse(first); at <= Date.parse(last); at += DAY) found.push([dayOf(at), dayOf(at)]);
  } else {
    for (let month = first.slice(0, 7); month <= last.slice(0, 7); month = dayOf(Date.parse(endOfMonth(month)) + DAY).slice(0, 7)) {
      found.push([`${month}-01`, endOfMonth(month)]);
    }
  }
  return found;
}

function unitOf(span) {
  if (!span) return "all";
  if (span[0] === span[1]) return "day";
  return span[0].endsWith("-01") && span[1] === endOfMonth(span[0]) ? "month" : "span";
}

function createSpan(layer, box, { catalogue, state, words, changed }) {
  const { timed } = layer;
  const locale = localeOf(catalogue.language);
  const writer = (parts) => new Intl.DateTimeFormat(locale, { ...parts, timeZone: "UTC" });
  const [day, month] = [writer({ day: "numeric", month: "short", year: "numeric" }), writer({ month: "long", year: "numeric" })];
  const units = Object.entries(words.timeUnits);
  const unit = element("select", { "aria-label": words.timeOf.replace("%s", layer.title) },
    ...units.map(([value, text]) => element("option", { value }, text)));
  const slider = createSlider(words, { label: words.time, onStep: (at) => { set(steps(unit.value, timed)[at], { step: false }); } });
  const told = element("output", {});
  const ends = [words.from, words.to].map((label) => {
    const input = element("input", { type: "date", min: timed.first, max: timed.last, "aria-label": label });
    input.addEventListener("change", setSpan);
    return input;
  });
  const dates = element("div", { class: "option-line" }, ...ends);
  const foot = element("div", { class: "option-told" }, told);
  const short = box.parentElement.querySelector(".time-told"); // in the line that opens this
  box.append(unit, slider.box, dates, foot);
  let asSpan = false; // a span that happens to be a day or a month is still one

  function set(span, how) {
    if (span) state.time[layer.id] = span;
    else delete state.time[layer.id];
    changed(how);
  }
  function setSpan() {
    const [from, to] = ends.map((one) => one.value);
    if (from && to) set(from <= to ? [from, to] : [to, from]);
  }
  unit.addEventListener("change", () => {
    slider.stop();
    asSpan = unit.value === "span";
    if (unit.value === "all") set(null);
    else if (asSpan) set(state.time[layer.id] ?? [timed.first, timed.last]);
    else set(steps(unit.value, timed).at(-1));
  });

  return {
    showState() {
      const span = state.time[layer.id];
      unit.value = span && asSpan ? "span" : unitOf(span);
      const stepped = ["day", "month"].includes(unit.value);
      slider.box.hidden = !stepped;
      dates.hidden = unit.value !== "span";
      foot.hidden = !stepped;
      if (!span) { asSpan = false; short.textContent = words.timeUnits.all; return; }
      ends.forEach((input, place) => { input.value = span[place]; });
      short.textContent = day.formatRange(new Date(span[0]), new Date(span[1]));
      if (!stepped) return;
      const all = steps(unit.value, timed);
      const at = Math.max(all.findIndex(([from]) => from >= span[0]), 0);
      told.value = (unit.value === "day" ? day : month).format(new Date(span[0]));
      slider.show(at, all.length, told.value);
    },
  };
}
