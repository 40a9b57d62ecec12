// What a person may set of one layer: how strong it is drawn, and which of its objects.

import { element } from "./element.js";

let last = 0;

export function createOptions(layer, box, { state, words, format, changed, onChange }) {
  const properties = layer.properties.filter((one) => one.filter && one.name !== layer.facet?.name);
  const id = `options-${(last += 1)}`;
  let filterShown;

  // -- opacity

  const told = element("output", { for: `${id}-opacity` });
  const slider = element("input", { id: `${id}-opacity`, type: "range", min: 0, max: 100, step: 5 });
  slider.addEventListener("input", () => {
    if (slider.value === "100") delete state.opacity[layer.id];
    else state.opacity[layer.id] = slider.value / 100;
    showOpacity();
    onChange({ step: false });
  });
  function showOpacity() {
    const percent = Math.round((state.opacity[layer.id] ?? 1) * 100);
    slider.value = percent;
    told.value = `${percent}\u00a0%`;
    slider.setAttribute("aria-valuetext", told.value);
  }
  box.append(element("div", { class: "option" },
    element("label", { for: `${id}-opacity` }, words.opacity), element("div", { class: "option-line" }, slider, told)));

  // -- one value of a property

  if (properties.length) box.append(filterBox());

  function filterBox() {
    const which = element("select", { id: `${id}-which` },
      ...properties.map((one) => element("option", { value: one.name }, one.title)));
    const holder = element("div", {});
    const status = element("p", { class: "muted", role: "status" });
    const property = () => properties.find((one) => one.name === which.value);

    function choose(value) {
      const chosen = { ...state.filter[layer.id] };
      if (value) chosen[which.value] = value;
      else delete chosen[which.value];
      state.filter[layer.id] = chosen;
      if (value && !state.on.includes(layer.id)) box.closest(".layer").querySelector("input").click();
      changed();
    }

    async function offer() {
      const asked = property();
      holder.replaceChildren();
      status.textContent = words.loading;
      try {
        const { values, more } = await valuesOf(layer, asked);
        if (asked !== property()) return;
        status.textContent = values.length ? "" : words.noValues;
        if (values.length) holder.replaceChildren(more ? typed(asked, values) : listed(asked, values));
      } catch {
        status.replaceChildren(words.valuesFailed, " ", element("button", { class: "button", type: "button", onclick: offer }, words.retry));
      }
    }

    const nameOf = (asked) => words.filterBy.replace("%s", asked.title);
    function listed(asked, values) {
      const select = element("select", { "aria-label": nameOf(asked) },
        element("option", { value: "" }, words.all), ...values.map((one) => element("option", { value: one }, format(asked, one))));
      select.value = state.filter[layer.id]?.[asked.name] ?? "";
      select.addEventListener("change", () => choose(select.value));
      return select;
    }
    function typed(asked, values) {
      const input = element("input", { type: "text", list: `${id}-list`, "aria-label": nameOf(asked), placeholder: words.typeValue, maxlength: 200 });
      input.value = state.filter[layer.id]?.[asked.name] ?? "";
      input.addEventListener("change", () => choose(input.value.trim()));
      return element("div", {}, input, element("datalist", { id: `${id}-list` }, ...values.map((one) => element("option", { value: one }))));
    }

    which.addEventListener("change", offer);
    offer();
    filterShown = () => {
      const field = holder.querySelector("select, input");
      if (field) field.value = state.filter[layer.id]?.[which.value] ?? "";
    };
    return element("div", { class: "option" }, element("label", { for: `${id}-which` }, words.filter), which, holder, status);
  }

  function showState() {
    showOpacity();
    filterShown?.();
  }
  return { showState };
}

// The values to choose from: those that have names, else those that occur.
async function valuesOf(layer, property) {
  const named = Object.keys(property.values);
  if (named.length) return { values: named, more: false };
  const response = await fetch(`/search/values/${layer.id}/${property.name}`);
  if (!response.ok) throw new Error(response.statusText);
  return response.json();
}
