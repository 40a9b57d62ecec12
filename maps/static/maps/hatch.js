// Diagonal lines on a transparent ground; it tiles without a seam. A style asks for it as
// "hatch:#52525b".

export function offerHatches(map) {
  map.setMissingStyleImageResolver((id) => {
    if (id.startsWith("hatch:")) map.addImage(id, hatch(id.slice(6)), { pixelRatio: 2 });
  });
}

function hatch(colour) {
  const size = 16;
  const canvas = Object.assign(document.createElement("canvas"), { width: size, height: size });
  const pen = canvas.getContext("2d");
  pen.strokeStyle = colour;
  pen.lineWidth = 2;
  pen.beginPath();
  for (const shift of [-size, 0, size]) {
    pen.moveTo(shift - 2, size + 2);
    pen.lineTo(shift + size + 2, -2);
  }
  pen.stroke();
  return pen.getImageData(0, 0, size, size);
}
