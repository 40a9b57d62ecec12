// What is shared when the address is shared: #map=12.5/-10.1702/123.6070&on=zones,markets&month.x=…
// `state.on` are the ids of the layers that are on, `state.chosen` the facet value of each layer.

export function readState(layers) {
  const given = new URLSearchParams(location.hash.slice(1));
  const known = new Set(layers.map((layer) => layer.id));
  const on = given.has("on")
    ? given.get("on").split(",").filter((id) => known.has(id))
    : layers.filter((layer) => layer.shown).map((layer) => layer.id);
  const chosen = {};
  for (const { id, facet } of layers) {
    if (!facet) continue;
    const values = facet.values.map((one) => one.value);
    const asked = given.get(`${id}.${facet.name}`);
    chosen[id] = values.includes(asked) ? asked : values[0];
  }
  return { on: new Set(on), chosen, view: readView(given.get("map")) };
}

function readView(text) {
  const numbers = (text ?? "").split("/").map(Number);
  if (numbers.length !== 3 || !numbers.every(Number.isFinite)) return null;
  const [zoom, lat, lon] = numbers;
  return Math.abs(lat) <= 85 && Math.abs(lon) <= 180 ? { zoom, center: [lon, lat] } : null;
}

export function writeState(layers, state, map) {
  const { lng, lat } = map.getCenter();
  const parts = [`map=${map.getZoom().toFixed(2)}/${lat.toFixed(5)}/${lng.toFixed(5)}`];
  const usual = layers.every((layer) => layer.shown === state.on.has(layer.id));
  if (!usual) parts.push(`on=${layers.filter(({ id }) => state.on.has(id)).map(({ id }) => id)}`);
  for (const { id, facet } of layers) {
    if (facet && state.on.has(id) && state.chosen[id] !== facet.values[0]?.value) {
      parts.push(`${id}.${facet.name}=${encodeURIComponent(state.chosen[id])}`);
    }
  }
  history.replaceState(null, "", `#${parts.join("&")}`);
}

// A form and the log-in lead back to the same view: a browser keeps the fragment across a redirect.
export function keepAcrossPages(languageForm, loginLink) {
  languageForm.addEventListener("submit", () => {
    languageForm.action = languageForm.action.split("#")[0] + location.hash;
  });
  loginLink?.addEventListener("click", () => {
    loginLink.search = `?next=${encodeURIComponent(`/${location.hash}`)}`;
  });
}
