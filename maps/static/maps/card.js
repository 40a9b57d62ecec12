// What is said of one feature, or of several under one tap: the same card for every layer, made from
// its declaration.

import { element } from "./element.js";

export function createCards({ words, format, swatchOf }) {
  const iconButton = (icon, label, act) =>
    element("button", { class: "icon-button", type: "button", "aria-label": label, onclick: act },
      element("span", { class: `icon icon-${icon}` }));

  function frame(title, layer, { onClose, onBack }) {
    const tags = [[layer?.demo, "tag", words.demo], [layer?.restricted, "tag tag-restricted", words.restricted]]
      .filter(([holds]) => holds)
      .flatMap(([, look, text]) => [" ", element("span", { class: look }, text)]);
    return element("article", { class: "card", "aria-label": title },
      element("div", { class: "card-head" },
        onBack ? iconButton("back", words.back, onBack) : null,
        element("div", {},
          element("p", { class: "card-layer" }, layer?.title, ...tags), element("h2", {}, title)),
        iconButton("close", words.close, onClose)));
  }

  const propertyOf = (layer, name) => layer.properties.find((one) => one.name === name);

  // The name of a feature: what is written on the map, else its first property, else its layer.
  function titleOf(layer, values) {
    const said = [layer.style.label, "name", ...layer.properties.map((one) => one.name)]
      .map((name) => propertyOf(layer, name))
      .map((property) => property && format(property, values[property.name]));
    return said.find(Boolean) ?? layer.title;
  }

  function factOf(layer, property, values) {
    const text = format(property, values[property.name]);
    if (!text) return null;
    const swatch = property.name === layer.style.by ? swatchOf(layer, values) : null;
    return element("div", {}, element("dt", {}, property.title), element("dd", {}, swatch, text));
  }

  // Those who may not see the photos of a feature get none to show.
  function photosOf(photos = []) {
    const shown = photos.map(({ href, thumbnail, title }) => element("a", { href, target: "_blank", title },
      element("img", { src: thumbnail, alt: title })));
    return shown.length ? element("div", { class: "card-photos" }, ...shown) : "";
  }

  function acts({ id, items }, fid, { onZoom }) {
    const link = (icon, text, more) => element("a", { class: "text-link", ...more }, element("span", { class: `icon icon-${icon}` }), text);
    return element("p", { class: "card-acts" },
      onZoom ? element("button", { class: "text-link", type: "button", onclick: onZoom }, element("span", { class: "icon icon-zoom" }), words.zoomTo) : null,
      link("page", words.itemPage, { href: `${items}/${fid}?f=html` }),
      link("download", words.downloadItem, { href: `${items}/${fid}?f=json`, download: `${id}-${fid}.geojson` }));
  }

  return {
    titleOf,

    waiting(hit, ways) {
      const card = frame(titleOf(hit.layer, hit.values), hit.layer, ways);
      card.append(element("p", { class: "card-foot", role: "status" }, words.loading));
      return card;
    },

    item({ layer, fid }, values, ways, photos) {
      const title = titleOf(layer, values);
      const said = [layer.style.label, "name"]; // by the title
      const facts = layer.properties
        .filter((property) => !said.includes(property.name))
        .map((property) => factOf(layer, property, values));
      const card = frame(title, layer, ways);
      card.append(element("dl", { class: "facts" }, ...facts), photosOf(photos), element("p", { class: "card-foot" }, layer.owner), acts(layer, fid, ways));
      return card;
    },

    failed(hit, text, ways, retry) {
      const card = frame(titleOf(hit.layer, hit.values), hit.layer, ways);
      card.append(element("p", { class: "notice notice-bad", role: "alert" }, text));
      if (retry) card.append(element("button", { class: "button", type: "button", onclick: retry }, words.retry));
      return card;
    },

    list(hits, ways, choose) {
      const card = frame(words.severalHere, null, ways);
      const entries = hits.map((hit) => element("li", {},
        element("button", { class: "choice", type: "button", onclick: () => choose(hit) },
          swatchOf(hit.layer, hit.values),
          element("span", {}, titleOf(hit.layer, hit.values), element("small", {}, hit.layer.title)))));
      card.append(element("ul", {}, ...entries));
      return card;
    },
  };
}
