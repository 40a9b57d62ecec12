// A place that somebody typed as numbers: "-10.17, 123.6", "10,17 LS 123,6 BT", 10°10'12"S 123°36'0"E.
// [lon, lat], or null for what is something else.

const PART = /^\s*([+-]?\d{1,3}(?:[.,]\d+)?)\s*°?\s*(?:(\d{1,2}(?:[.,]\d+)?)\s*['′’])?\s*(?:(\d{1,2}(?:[.,]\d+)?)\s*(?:["″”]|''))?\s*(LS|LU|BT|BB|[NSEWUTB])?\s*$/i;
const SIGNS = { LS: ["lat", -1], S: ["lat", -1], LU: ["lat", 1], U: ["lat", 1], N: ["lat", 1], BT: ["lon", 1], T: ["lon", 1], E: ["lon", 1], BB: ["lon", -1], B: ["lon", -1], W: ["lon", -1] };

function read(text) {
  const [found, degrees, minutes = "0", seconds = "0", letter] = PART.exec(text) ?? [];
  if (!found) return null;
  const [d, m, s] = [degrees, minutes, seconds].map((one) => Number(one.replace(",", ".")));
  if (m >= 60 || s >= 60) return null;
  const size = Math.abs(d) + m / 60 + s / 3600;
  const [axis, sign] = SIGNS[letter?.toUpperCase()] ?? [null, 1];
  return { axis, value: size * sign * (degrees.startsWith("-") ? -1 : 1) };
}

// Every way to part the text in two: at a comma, a semicolon or a space, but not inside a number.
function* halves(text) {
  for (const { index } of text.matchAll(/[;,]\s+|[;,]|\s+|(?<=[A-Z])(?=[\d+-])/gi)) {
    const rest = text.slice(index).replace(/^[;,]?\s*/, "");
    yield [text.slice(0, index), rest];
  }
}

export function readPlace(text) {
  for (const parts of halves(text.trim())) {
    const [one, other] = parts.map(read);
    if (!one || !other || (one.axis && one.axis === other.axis)) continue;
    const turned = one.axis === "lon" || other.axis === "lat" || (!one.axis && !other.axis && Math.abs(one.value) > 90);
    const [lat, lon] = turned ? [other.value, one.value] : [one.value, other.value];
    if (Math.abs(lat) <= 85 && Math.abs(lon) <= 180) return [lon, lat];
  }
  return null;
}
