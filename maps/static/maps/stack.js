// What lies over what. By itself the map puts points over lines over areas, fine areas over coarse
// ones and coarse lines over fine ones; a person may order the layers that are on as they like.

const KINDS = ["fill", "line", "circle"];
const PARTS = ["fill", "hatch", "outline", "line", "circle"];
const TOP = 1e9; // names lie over everything, the ground under everything

function depths(layers) {
  return new Map(layers.map((layer, place) => {
    const { kind } = layer.style;
    const fineness = kind === "fill" ? layer.minzoom : -layer.minzoom;
    // Points on one place are mostly a thing and, later in the list, what was measured there.
    return [layer.id, KINDS.indexOf(kind) * 1e6 + fineness * 1e3 + (kind === "circle" ? place : -place)];
  }));
}

// All ids, the lowest first, as the map orders them by itself.
export function natural(layers) {
  const depth = depths(layers);
  return layers.map(({ id }) => id).sort((one, other) => depth.get(one) - depth.get(other));
}

// The list of the layers that are on with one more, at the height where it would lie by itself.
export function inserted(on, id, layers) {
  const depth = depths(layers);
  const above = on.findIndex((one) => depth.get(one) > depth.get(id));
  return above < 0 ? [...on, id] : [...on.slice(0, above), id, ...on.slice(above)];
}

// The rank of each part of each layer's drawing: the ground, the things in their order, the names.
export function ranks(layers, state) {
  const on = [...state.on];
  const order = natural(layers);
  const height = new Map(order.filter((id) => !on.includes(id)).map((id) => [id, order.indexOf(id)]));
  on.forEach((id, place) => height.set(id, 1e3 + place));
  const places = new Map(layers.map(({ id, minzoom }, place) => [id, { place, minzoom }]));
  return (id, part) => {
    const { place, minzoom } = places.get(id);
    const name = part.split(":")[0];
    if (name === "ground") return minzoom * 1e3 - place - TOP;
    if (name === "point-label") return TOP - minzoom * 1e3 + place;
    if (name === "area-label") return 2 * TOP - minzoom * 1e3 - place;
    if (name.startsWith("many")) return height.get(id) * 100 + 90 + (name === "many-count" ? 1 : 0);
    return height.get(id) * 100 + PARTS.indexOf(name);
  };
}
