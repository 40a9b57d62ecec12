// What is on the map as files: each visible layer, narrowed as it is seen, in a form to choose.

import { element } from "./element.js";
import { localeOf } from "./format.js";
import { askedOf } from "./style.js";

const WIDEST = 20; // degrees: the most that the addresses take in one box

export async function openDownload({ dialog, words, catalogue, state, layers, box }) {
  const find = (name) => dialog.querySelector(`[data-download="${name}"]`);
  const number = new Intl.NumberFormat(localeOf(catalogue.language));
  const day = new Intl.DateTimeFormat(localeOf(catalogue.language), { day: "numeric", month: "short", year: "numeric", timeZone: catalogue.timeZone });
  const list = find("layers");
  let asking; // what counts for another choice is no longer wanted

  function addressOf(layer, more) {
    const query = new URLSearchParams({ ...askedOf(layer, state), ...more });
    const bbox = find("here").checked && bboxOf(box);
    if (bbox) query.set("bbox", bbox);
    return `${layer.items}?${query}`;
  }

  async function count(layer, row, signal) {
    const told = row.querySelector("[data-count]");
    const link = row.querySelector("a");
    const tell = (text, ready) => {
      told.textContent = text;
      link.hidden = !ready;
    };
    tell(words.counting, false);
    try {
      const response = await fetch(addressOf(layer, { f: "json", limit: 1, ...JSON.parse(dialog.dataset.count) }), { signal });
      const answer = await response.json();
      if (!response.ok) {
        tell(answer.detail ?? words.countFailed, false);
        return;
      }
      const matched = answer.numberMatched ?? null;
      const most = Number(dialog.dataset.most);
      if (matched === 0) tell(words.noRowsHere, false);
      else if (matched > most) tell(words.tooManyRows.replace("%n", number.format(matched)).replace("%m", number.format(most)), false);
      else tell(matched === null ? "" : words.rows.replace("%n", number.format(matched)), true);
    } catch (error) {
      if (error.name !== "AbortError") tell(words.countFailed, true);
    }
  }

  function writeLinks() {
    const form = dialog.querySelector("[name=form]:checked");
    layers.forEach((layer, place) => {
      const link = list.children[place].querySelector("a");
      link.href = addressOf(layer, { f: form.value });
      link.setAttribute("aria-label", words.downloadOf.replace("%s", layer.title).replace("%f", form.dataset.title));
    });
  }

  async function begin() {
    asking?.abort();
    asking = new AbortController();
    writeLinks();
    const { signal } = asking;
    // One after the other: counting must not take what drawing needs.
    for (const [place, layer] of layers.entries()) {
      if (signal.aborted) return;
      await count(layer, list.children[place], signal);
    }
  }

  list.replaceChildren(...layers.map((layer) => rowOf(layer, words, day)));
  find("nothing").hidden = layers.length > 0;
  find("choice").hidden = !layers.length;
  dialog.querySelectorAll("[name=extent]").forEach((one) => { one.onchange = begin; });
  dialog.querySelectorAll("[name=form]").forEach((one) => { one.onchange = writeLinks; });
  dialog.addEventListener("close", () => asking?.abort(), { once: true });
  dialog.showModal();
  await begin();
}

function rowOf(layer, words, day) {
  const age = layer.updated ? `, ${words.dataOf.replace("%s", day.format(new Date(layer.updated)))}` : "";
  return element("li", { class: "download-layer" },
    element("div", {},
      element("b", {}, layer.title), layer.demo ? element("span", { class: "tag" }, words.demo) : null,
      element("p", { class: "muted" }, `${words.source}: ${layer.owner}${age}`),
      element("p", { "data-count": true, role: "status" })),
    element("a", { class: "button", download: true, hidden: true }, words.download));
}

// West, south, east, north of what is seen; nothing where the whole layer is meant as well.
function bboxOf(box) {
  const [west, east] = [Math.max(box.getWest(), -180), Math.min(box.getEast(), 180)];
  const [south, north] = [Math.max(box.getSouth(), -90), Math.min(box.getNorth(), 90)];
  if (Math.max(east - west, north - south) > WIDEST || west > east) return "";
  return [west, south, east, north].map((one) => one.toFixed(6)).join(",");
}
