// Drawing on a map: areas, lines and points, with corners that snap to what lies beside and can be
// moved afterwards. Enter ends a shape, Escape ends drawing and drops what is not finished, Backspace
// takes one back.

import {
  TerraDraw, TerraDrawLineStringMode, TerraDrawModeUndoRedo, TerraDrawPointMode, TerraDrawPolygonMode, TerraDrawSelectMode,
} from "terra-draw";
import { TerraDrawMapLibreGLAdapter } from "terra-draw-maplibre-gl-adapter";
import { areaOf, lengthOf } from "./measures.js";

const MODES = { polygon: "polygon", line: "linestring", point: "point", edit: "select" };
const KINDS = { Polygon: "polygon", LineString: "linestring", Point: "point" };
const FIXED = "drawing-fixed";
const EDITABLE = 1000; // corners: a browser drags no more of them smoothly
const REACH = 14; // pixels within which a corner snaps
const DECIMALS = 9; // 0.1 mm; terra-draw takes no more
const DARK = matchMedia("(prefers-color-scheme: dark)");

/* `initial` is what is there already; of it, areas with holes and very fine ones are kept as they
   are and cannot be edited. `onChange(geometry, {areaM2, lengthM})` tells what is finished, and the
   measures of it with what is being drawn; `onMode(name)` where the mode changes by itself. Modes:
   polygon, line, point, edit. Of lines and points the last one counts; areas are as many as are
   drawn. `set(geometry)` puts another one in place, which `undo()` takes back. */
export function startDrawing(map, { mode = "polygon", initial = null, snapTo = [], onChange = () => {}, onMode = () => {} } = {}) {
  const near = snapper(map, snapTo);
  const adapter = new TerraDrawMapLibreGLAdapter({ map, coordinatePrecision: DECIMALS });
  const draw = new TerraDraw({ adapter, modes: modes(near), undoRedo: { modeLevel: new TerraDrawModeUndoRedo() } });
  let { fixed, features } = split(initial);
  const past = []; // what stood before each change
  let last = { fixed, features };
  let wanted = mode;
  let stopped = false;
  let busy = false; // what changes now is not the hand of whoever draws

  const standing = () => draw.getSnapshot().filter(isShape);
  const finished = () => standing().filter(({ properties }) => !properties.currentlyDrawing);
  const geometry = () => together([...fixed, ...(draw.enabled ? finished() : features).map((one) => one.geometry)]);
  const tell = () => {
    const shapes = [...fixed, ...(draw.enabled ? standing() : features).map((one) => one.geometry)];
    onChange(geometry(), { areaM2: sum(shapes, areaOf), lengthM: sum(shapes, lengthOf) });
  };
  const put = (standingNow) => {
    busy = true;
    draw.setMode("select"); // drops what is being drawn
    draw.removeFeatures(standing().map(({ id }) => id));
    draw.addFeatures(standingNow.features.map(plain));
    fixed = standingNow.fixed;
    showFixed(map, fixed);
    last = standingNow;
    busy = false;
  };
  const settle = () => {
    past.push(last);
    last = { fixed, features: finished() };
  };
  const begin = () => {
    showFixed(map, fixed); // first: where the style is not there yet, nothing else has begun
    draw.start();
    draw.addFeatures(features.map(plain));
    last = { fixed, features };
    setMode(wanted);
  };
  const setMode = (name) => {
    wanted = name;
    if (draw.enabled) draw.setMode(MODES[name]);
    map.getCanvas().dataset.drawing = name;
    onMode(name);
  };

  draw.on("finish", (id, { action }) => {
    if (busy) return;
    const { properties } = draw.getSnapshotFeature(id) ?? { properties: {} };
    if (action === "draw" && properties.mode !== "polygon") {
      const others = finished().filter((one) => one.id !== id && one.properties.mode === properties.mode);
      draw.removeFeatures(others.map((one) => one.id));
    }
    settle();
    if (action === "draw" && properties.mode !== "point") {
      // Once the shape is closed its corners are there to be moved. Not within the event itself:
      // the mode that sends it has still to end.
      setTimeout(() => {
        if (!draw.enabled || !draw.hasFeature(id)) return;
        setMode("edit");
        draw.selectFeature(id);
      });
    }
    tell();
  });
  draw.on("change", (ids, type) => {
    if (busy) return;
    if (type === "delete" && draw.getMode() === "select" && finished().length < last.features.length) settle();
    tell();
  });

  const undo = () => {
    if (draw.getModeState() === "drawing" && draw.canUndo()) {
      draw.undo();
    } else if (draw.getModeState() === "drawing") {
      setMode(wanted); // drops the first corner
    } else if (past.length) {
      const before = past.pop();
      put(before);
      setMode(before.features.length ? wanted : mode);
    }
    tell();
  };
  const set = (shape) => {
    if (!draw.enabled) { // it begins as soon as the style is there
      ({ fixed, features } = split(shape));
      return;
    }
    past.push(last);
    put(split(shape));
    setMode(shape ? "edit" : mode);
    tell();
  };
  const clear = () => set(null);
  const keys = (event) => {
    if (event.key === "Escape") setTimeout(() => { if (draw.enabled) setMode("edit"); });
    if (event.key !== "Backspace") return;
    event.preventDefault();
    undo();
  };
  map.getCanvas().addEventListener("keydown", keys);

  // The style is built anew when the colours of the device change: what is drawn goes back on it.
  const restore = () => {
    if (!draw.enabled || map.getSource(FIXED)) return;
    features = finished();
    try { draw.stop(); } catch { /* its layers went with the style */ }
    begin();
  };
  const whenStyled = () => {
    if (stopped) return;
    try { begin(); } catch { map.once("styledata", whenStyled); return; }
    map.on("styledata", restore);
    if (fixed.length || features.length) tell();
  };
  whenStyled();

  const stop = () => {
    stopped = true;
    map.off("styledata", restore);
    map.getCanvas().removeEventListener("keydown", keys);
    delete map.getCanvas().dataset.drawing;
    if (draw.enabled) draw.stop();
    hideFixed(map);
  };
  return { setMode, geometry, set, undo, clear, stop };
}

// The marks that a mode shows while it is used (corners to be moved, where it would snap) are
// features of the same store.
const isShape = ({ geometry, properties }) => KINDS[geometry.type] === properties.mode;

const plain = ({ geometry, properties }) => ({ type: "Feature", properties: { mode: properties.mode }, geometry });

const sum = (shapes, measure) => shapes.reduce((total, shape) => total + measure(shape), 0);

function modes(toCustom) {
  const red = DARK.matches ? "#fb7185" : "#be123c";
  const edge = DARK.matches ? "#141b1d" : "#ffffff";
  const snapping = { toCustom, toCoordinate: true };
  const points = (name) => ({ [`${name}Color`]: edge, [`${name}OutlineColor`]: red, [`${name}OutlineWidth`]: 2, [`${name}Width`]: 5 });
  const area = { fillColor: red, fillOpacity: 0.14, outlineColor: red, outlineWidth: 3, ...points("closingPoint"), ...points("snappingPoint"), ...points("coordinatePoint") };
  const coordinates = { midpoints: true, draggable: true, deletable: true, snappable: snapping };
  const flags = Object.fromEntries(Object.values(KINDS).map((name) => [name, { feature: { draggable: name === "point", selfIntersectable: true, coordinates: name === "point" ? undefined : coordinates } }]));
  return [
    new TerraDrawPolygonMode({ snapping, showCoordinatePoints: true, styles: area }),
    new TerraDrawLineStringMode({ snapping, styles: { lineStringColor: red, lineStringWidth: 3, ...points("closingPoint"), ...points("snappingPoint") } }),
    new TerraDrawPointMode({ styles: { pointColor: red, pointOutlineColor: edge, pointOutlineWidth: 2, pointWidth: 7 } }),
    new TerraDrawSelectMode({
      flags,
      styles: {
        selectedPolygonColor: red, selectedPolygonFillOpacity: 0.14, selectedPolygonOutlineColor: red, selectedPolygonOutlineWidth: 3,
        selectedLineStringColor: red, selectedLineStringWidth: 3, selectedPointColor: red, selectedPointOutlineColor: edge,
        selectionPointColor: edge, selectionPointOutlineColor: red, selectionPointOutlineWidth: 2, selectionPointWidth: 6,
        midPointColor: red, midPointOutlineColor: edge, midPointOutlineWidth: 1, midPointWidth: 4,
      },
    }),
  ];
}

// -- what is there already

function split(geometry) {
  const shapes = geometry ? singles(geometry) : [];
  const fine = (shape) => shape.type === "Polygon" && (shape.coordinates.length > 1 || shape.coordinates[0].length > EDITABLE);
  return {
    fixed: shapes.filter(fine),
    features: shapes.filter((shape) => !fine(shape)).map((shape) => ({
      type: "Feature", properties: { mode: KINDS[shape.type] }, geometry: { type: shape.type, coordinates: rounded(shape.coordinates) },
    })),
  };
}

const rounded = (value) => (Array.isArray(value) ? value.map(rounded) : Number(value.toFixed(DECIMALS)));

function singles({ type, coordinates, geometries }) {
  if (type === "GeometryCollection") return geometries.flatMap(singles);
  if (type.startsWith("Multi")) return coordinates.map((part) => ({ type: type.slice(5), coordinates: part }));
  return [{ type, coordinates }];
}

function together(shapes) {
  if (!shapes.length) return null;
  const areas = shapes.filter(({ type }) => type === "Polygon");
  const found = areas.length ? areas : shapes.slice(-1);
  if (found.length === 1) return found[0];
  return { type: "MultiPolygon", coordinates: found.map(({ coordinates }) => coordinates) };
}

function showFixed(map, shapes) {
  const features = shapes.map((geometry) => ({ type: "Feature", properties: {}, geometry }));
  const data = { type: "FeatureCollection", features };
  if (map.getSource(FIXED)) {
    map.getSource(FIXED).setData(data);
    return;
  }
  const red = DARK.matches ? "#fb7185" : "#be123c";
  map.addSource(FIXED, { type: "geojson", data, tolerance: 0 });
  map.addLayer({ id: FIXED, type: "fill", source: FIXED, paint: { "fill-color": red, "fill-opacity": 0.14 } });
  map.addLayer({ id: `${FIXED}-line`, type: "line", source: FIXED, paint: { "line-color": red, "line-width": 3 } });
}

function hideFixed(map) {
  for (const id of [FIXED, `${FIXED}-line`]) if (map.getLayer(id)) map.removeLayer(id);
  if (map.getSource(FIXED)) map.removeSource(FIXED);
}

// -- snapping: to a corner of what lies beside, else to its edge

function snapper(map, shapes) {
  const lines = shapes.flatMap(singles).flatMap(({ type, coordinates }) => {
    if (type === "Polygon") return coordinates;
    return type === "Point" ? [[coordinates]] : [coordinates];
  });
  return ({ lng, lat }) => {
    const { x, y } = map.project([lng, lat]);
    const [from, to] = [map.unproject([x - REACH, y + REACH]), map.unproject([x + REACH, y - REACH])];
    const inside = (a, b) => Math.max(a[0], b[0]) >= from.lng && Math.min(a[0], b[0]) <= to.lng && Math.max(a[1], b[1]) >= from.lat && Math.min(a[1], b[1]) <= to.lat;
    let [corner, edge] = [null, null];
    for (const line of lines) {
      for (let place = 0; place < line.length; place += 1) {
        const next = line[place + 1] ?? line[place];
        if (!inside(line[place], next)) continue;
        const [a, b] = [map.project(line[place]), map.project(next)];
        corner = nearer(corner, { at: line[place], far: Math.hypot(a.x - x, a.y - y) });
        const share = along(a, b, { x, y });
        const foot = [line[place][0] + share * (next[0] - line[place][0]), line[place][1] + share * (next[1] - line[place][1])];
        edge = nearer(edge, { at: foot, far: Math.hypot(a.x + share * (b.x - a.x) - x, a.y + share * (b.y - a.y) - y) });
      }
    }
    const found = corner ?? edge;
    return found ? rounded(found.at) : undefined;
  };
}

const nearer = (one, other) => (other.far > REACH || (one && one.far <= other.far) ? one : other);

function along(a, b, { x, y }) {
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const length = dx * dx + dy * dy;
  return length ? Math.min(1, Math.max(0, ((x - a.x) * dx + (y - a.y) * dy) / length)) : 0;
}
