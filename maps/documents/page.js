"use strict";

// An area that is only outlined is touched by its outline: whoever presses inside it means what lies
// beneath. Leaflet's canvas would give every press to the topmost polygon.
const insideArea = L.Polygon.prototype._containsPoint;
L.Polygon.include({
  _containsPoint(point) {
    return this.options.fill
      ? insideArea.call(this, point)
      : L.Polyline.prototype._containsPoint.call(this, point, true);
  },
});

// A class without a value is hatched, as in its legend.
const paintPath = L.Canvas.prototype._fillStroke;
L.Canvas.include({
  _fillStroke(context, shape) {
    paintPath.call(this, context, shape);
    if (!shape.options.hatch) return;
    context.globalAlpha = 1;
    context.fillStyle = hatching(context);
    context.fill(shape.options.fillRule || "evenodd");
  },
});

function hatching(context) {
  const tile = Object.assign(document.createElement("canvas"), { width: 8, height: 8 });
  const pen = tile.getContext("2d");
  pen.strokeStyle = getComputedStyle(document.documentElement).getPropertyValue("--map-hatch");
  pen.lineWidth = 1.2;
  for (const shift of [-4, 4, 12]) {
    pen.moveTo(shift - 4, 8);
    pen.lineTo(shift + 4, 0);
  }
  pen.stroke();
  return context.createPattern(tile, "repeat");
}

const FEW = 12; // the names of so few areas stand out among many

function documentMap(map, overlays, words) {
  L.control.zoom({ position: "bottomright", zoomInTitle: words.in, zoomOutTitle: words.out }).addTo(map);
  L.control.scale({ position: "bottomleft", imperial: false }).addTo(map);
  map.on("popupopen", ({ popup }) => {
    popup.getElement().querySelector(".leaflet-popup-close-button").ariaLabel = words.close;
  });
  for (const overlay of overlays) {
    overlay.layer.bindPopup((shape) => card(overlay, shape.feature.properties), {
      maxWidth: 300,
      maxHeight: Math.max(160, Math.min(320, window.innerHeight * 0.4)),
    });
    const count = overlay.layer.getLayers().length;
    if (overlay.names) overlay.layer.eachLayer((shape) => writeName(shape, count));
    else overlay.layer.bindTooltip(hint(overlay), { sticky: true, className: "hint" });
  }
  const land = getComputedStyle(document.documentElement).getPropertyValue("--map-land").trim();
  for (const { layer } of overlays.filter((overlay) => overlay.ground).slice(-1)) {
    L.geoJSON(layer.toGeoJSON(), { interactive: false, style: { stroke: false, fillColor: land, fillOpacity: 1 } })
      .addTo(map)
      .bringToBack();
  }
  for (const box of document.querySelectorAll("input[data-layer]")) {
    const overlay = overlays.find(({ id }) => id === box.dataset.layer);
    box.addEventListener("change", () => {
      map[box.checked ? "addLayer" : "removeLayer"](overlay.layer);
      for (const { layer } of overlays) if (map.hasLayer(layer)) layer.bringToFront();
      showNames(map, overlays);
    });
  }
  map.on("zoomend", () => scaleCircles(map, overlays));
  map.on("moveend", () => showNames(map, overlays));
  scaleCircles(map, overlays);
  showNames(map, overlays);
  const panel = document.querySelector(".layers");
  if (panel) panel.open = !overlays.length || window.matchMedia("(min-width: 720px)").matches;
  const frame = map.getContainer();
  new ResizeObserver(() => map.invalidateSize()).observe(frame);
  // Leaflet gives the map the focus at every press; its ring is for those who use the keyboard.
  frame.addEventListener("pointerdown", () => frame.classList.add("pressed"));
  frame.addEventListener("keydown", () => frame.classList.remove("pressed"));
}

// Far out, circles of their declared size would cover the city.
function scaleCircles(map, overlays) {
  const factor = 0.75 * 1.18 ** (map.getZoom() - 12);
  for (const { layer } of overlays)
    layer.eachLayer((shape) => {
      shape.declaredRadius ??= shape.options.radius;
      if (shape.declaredRadius) shape.setRadius?.(shape.declaredRadius * factor);
    });
}

// Names, titles and rows are HTML already: their text was escaped where the document was made.
function card({ title, titles }, { name, rows }) {
  const facts = titles.map((of, number) => rows[number] && `<tr><th scope="row">${of}</th><td>${rows[number]}</td></tr>`);
  const above = name === title ? "" : `<p class="card-layer">${title}</p>`;
  return `${above}<p class="card-name">${name}</p><table class="facts">${facts.filter(Boolean).join("")}</table>`;
}

function hint({ title }) {
  return ({ feature: { properties: { name } } }) => (name === title ? title : `${title} · ${name}`);
}

function writeName(shape, count) {
  const isArea = shape instanceof L.Polygon;
  shape.bindTooltip(shape.feature.properties.name, {
    permanent: true,
    direction: isArea ? "center" : "auto", // to the side where the map is
    offset: isArea ? [0, 0] : [shape.options.radius, 0],
    className: `name${isArea ? " area" : ""}${isArea && count <= FEW ? " few" : ""}`,
    opacity: 1,
  });
}

// A name is written where it covers no other; the name of an area also has to fit into it.
// The coarsest outlines come last among the overlays and name themselves first.
function showNames(map, overlays) {
  const taken = [];
  const named = overlays.filter(({ names, layer }) => names && map.hasLayer(layer));
  const areasFirst = (overlay) => (overlay.layer.getLayers()[0] instanceof L.Polygon ? 0 : 1);
  for (const { layer } of named.reverse().sort((a, b) => areasFirst(a) - areasFirst(b))) {
    layer.eachLayer((shape) => {
      const sign = shape.getTooltip().getElement();
      if (!sign) return;
      sign.style.display = "";
      const box = sign.getBoundingClientRect();
      const fits = !(shape instanceof L.Polygon) || box.width < widthOf(map, shape);
      const free = fits && taken.every((other) => apart(box, other));
      if (free) taken.push(box);
      else sign.style.display = "none";
    });
  }
}

function widthOf(map, shape) {
  const bounds = shape.getBounds();
  return map.latLngToLayerPoint(bounds.getNorthEast()).x - map.latLngToLayerPoint(bounds.getSouthWest()).x;
}

function apart(a, b) {
  return a.right < b.left || b.right < a.left || a.bottom < b.top || b.bottom < a.top;
}
