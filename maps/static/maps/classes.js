// The classes of a layer's style as MapLibre expressions. The property that decides is absent from a
// tile where its value is null.

const asText = (style) => ["to-string", ["get", style.by]];
const asNumber = (style) => ["to-number", ["get", style.by]];

export function colourOf(style, tokens) {
  const paint = (one) => (style.kind === "fill" ? one : legible(one, tokens));
  const valued = style.classes.filter((one) => one.value !== null);
  const none = paint(style.classes.find((one) => one.value === null)?.colour ?? style.colour);
  if (!valued.length) return paint(style.colour);
  const pairs = valued.flatMap((one) => [one.value, paint(one.colour)]);
  const scale = style.scale === "step"
    ? ["step", asNumber(style), ...pairs.slice(1)]
    : ["match", asText(style), ...pairs, paint(style.colour)];
  return ["case", ["has", style.by], scale, none];
}

// What the legend names first lies on top: an open case is not hidden under the closed ones.
export function priority(style) {
  const named = style.scale === "category" ? style.classes.filter((one) => one.value !== null) : [];
  if (!named.length) return 0;
  return ["match", asText(style), ...named.flatMap((one, place) => [one.value, named.length - place]), 0];
}

export const isOf = (style) => (one) => {
  if (one.value === null) return ["!", ["has", style.by]];
  if (style.scale === "category") return ["==", asText(style), one.value];
  const next = style.classes.find((other) => other.value !== null && other.value > one.value);
  const above = [">=", asNumber(style), one.value];
  return ["all", ["has", style.by], above, ...(next ? [["<", asNumber(style), next.value]] : [])];
};

// Lines and dots are too thin to be dark on a dark ground: they are brought towards white.
export function legible(colour, tokens) {
  const channels = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  const light = (0.2126 * channels[0] + 0.7152 * channels[1] + 0.0722 * channels[2]) / 255;
  if (!tokens.dark || light > 0.5) return colour;
  return `#${channels.map((one) => Math.round(one + (255 - one) * 0.4).toString(16).padStart(2, "0")).join("")}`;
}
