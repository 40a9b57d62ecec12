// Draws the geometry of an admin form over the portal's own kelurahan. The textarea keeps the value,
// so the form works without a map as well.
const format = new ol.format.GeoJSON();
const projections = { dataProjection: "EPSG:4326", featureProjection: "EPSG:3857" };
const NAMES = { POINT: "Point", POLYGON: "Polygon", MULTIPOLYGON: "MultiPolygon" };

function drawOver(textarea) {
  const frame = document.createElement("div");
  frame.className = "admin-map";
  const holder = document.createElement("div");
  textarea.replaceWith(frame);
  frame.append(holder, textarea);
  const drawn = new ol.source.Vector();
  const kelurahan = new ol.source.Vector({
    url: "/ogc/collections/kelurahan/items?limit=1000",
    format,
  });
  const map = new ol.Map({
    target: holder,
    layers: [new ol.layer.Vector({ source: kelurahan }), new ol.layer.Vector({ source: drawn })],
    view: new ol.View({ center: [0, 0], zoom: 1 }),
  });
  kelurahan.once("featuresloadend", () => {
    if (!drawn.getFeatures().length) map.getView().fit(kelurahan.getExtent());
  });
  if (textarea.value) drawn.addFeature(format.readFeature(textarea.value, projections));
  if (drawn.getFeatures().length) {
    map.getView().fit(drawn.getExtent(), { maxZoom: 14, padding: [40, 40, 40, 40] });
  }
  if (textarea.readOnly || textarea.disabled) return;
  const keep = () => {
    const [feature] = drawn.getFeatures();
    textarea.value = feature ? format.writeGeometry(feature.getGeometry(), projections) : "";
  };
  map.addInteraction(new ol.interaction.Modify({ source: drawn }));
  const draw = new ol.interaction.Draw({ source: drawn, type: NAMES[textarea.dataset.geometry] });
  draw.on("drawstart", () => drawn.clear());
  map.addInteraction(draw);
  drawn.on(["addfeature", "changefeature"], keep);
}

document.querySelectorAll("textarea[data-geometry]").forEach(drawOver);
