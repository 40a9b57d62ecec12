// Square metres and metres on the ellipsoid (WGS 84): of a parcel the same as the server's to the
// hundredth.

const A = 6378137;
const E2 = 0.0066943799901413165;
const E = Math.sqrt(E2);
const radians = (degrees) => (degrees * Math.PI) / 180;

// The part of the ellipsoid from the equator to this latitude, over the same of a unit sphere: areas
// come out right where latitudes are drawn at this height.
function authalic(lat) {
  const s = Math.sin(radians(lat));
  return (1 - E2) * (s / (1 - E2 * s * s) + Math.atanh(E * s) / E);
}

function ringArea(ring) {
  const [lon0, q0] = [ring[0][0], authalic(ring[0][1])];
  let twice = 0;
  for (let place = 1; place < ring.length; place += 1) {
    const [a, b] = [ring[place - 1], ring[place]];
    twice += radians(b[0] - a[0]) * (authalic(a[1]) + authalic(b[1]) - 2 * q0);
  }
  const [end, start] = [ring[ring.length - 1], ring[0]]; // an open ring is closed
  twice += radians(start[0] - end[0]) * (authalic(start[1]) + authalic(end[1]) - 2 * q0);
  return Number.isFinite(lon0) ? Math.abs((twice * A * A) / 4) : 0;
}

const polygonArea = ([shell, ...holes]) => (shell?.length ? ringArea(shell) - holes.reduce((sum, hole) => sum + ringArea(hole), 0) : 0);

export function areaOf({ type, coordinates }) {
  if (type === "Polygon") return polygonArea(coordinates);
  if (type === "MultiPolygon") return coordinates.reduce((sum, part) => sum + polygonArea(part), 0);
  return 0;
}

function lineLength(line) {
  let metres = 0;
  for (let place = 1; place < line.length; place += 1) {
    const [a, b] = [line[place - 1], line[place]];
    const middle = radians((a[1] + b[1]) / 2);
    const w = 1 - E2 * Math.sin(middle) ** 2;
    const north = (radians(b[1] - a[1]) * A * (1 - E2)) / w ** 1.5;
    const east = (radians(b[0] - a[0]) * A * Math.cos(middle)) / Math.sqrt(w);
    metres += Math.hypot(north, east);
  }
  return metres;
}

export function lengthOf({ type, coordinates }) {
  if (type === "LineString") return lineLength(coordinates);
  if (type === "MultiLineString") return coordinates.reduce((sum, line) => sum + lineLength(line), 0);
  if (type === "Polygon") return coordinates.reduce((sum, ring) => sum + lineLength(ring), 0);
  if (type === "MultiPolygon") return coordinates.flat().reduce((sum, ring) => sum + lineLength(ring), 0);
  return 0;
}
