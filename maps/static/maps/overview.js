// What stands for many rows where the map is far out: points as circles with their number, areas
// shaded by it. Such a feature carries `n`; a row of its own does not.

const NUMBER = ["coalesce", ["get", "n"], 1];
const SIZE = ["ln", NUMBER]; // 1, 10, 100, 1000 rows are 0, 2.3, 4.6, 6.9
const counted = [">", NUMBER, 1];

export const isCounted = ({ overview }) => overview === "grid" || overview === "areas";

// Whether what was hit stands for rows instead of being one.
export const standsForMany = ({ values: { n }, fid }) => n > 1 || (n === 1 && fid === undefined);

export function addMany(layer, { colour, tokens, locale, font }, add, found) {
  for (const one of found) one.filter = one.filter ? ["all", one.filter, ["!", counted]] : ["!", counted];
  if (layer.overview === "grid") {
    add("many", "circle", {
      "circle-color": colour, "circle-opacity": 0.85,
      "circle-stroke-color": tokens.halo, "circle-stroke-width": 1.5,
      "circle-radius": ["interpolate", ["linear"], SIZE, 0, 7, 2.3, 11, 4.6, 16, 6.9, 22, 9.2, 28],
    }, { filter: counted, layout: { "circle-sort-key": ["-", NUMBER] } });
  } else {
    add("many", "fill", {
      "fill-color": colour, "fill-opacity": ["interpolate", ["linear"], SIZE, 0, 0.15, 2.3, 0.3, 4.6, 0.5, 6.9, 0.75],
    }, { filter: counted });
  }
  add("many-count", "symbol", { "text-color": tokens.text, "text-halo-color": tokens.halo, "text-halo-width": 1.6 }, {
    filter: counted,
    layout: {
      "text-field": ["number-format", NUMBER, { locale, "max-fraction-digits": 0 }], "text-font": font, "text-size": 12,
      "symbol-sort-key": ["-", NUMBER],
    },
  });
}
