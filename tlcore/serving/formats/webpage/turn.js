// A WebP turned by its EXIF: browsers turn JPEG and PNG so, and most of them no WebP.

const ORIENTATION = 0x0112;
const SHORT = 3;
const HAS_EXIF = 0x08; // in the flags of an extended WebP
const MATRICES = { // orientation → what puts stored pixels upright, for a stored (w, h)
  2: (w) => [-1, 0, 0, 1, w, 0],
  3: (w, h) => [-1, 0, 0, -1, w, h],
  4: (w, h) => [1, 0, 0, -1, 0, h],
  5: () => [0, 1, 1, 0, 0, 0],
  6: (w, h) => [0, 1, -1, 0, h, 0],
  7: (w, h) => [0, -1, -1, 0, h, w],
  8: (w) => [0, -1, 1, 0, 0, w],
};

/** {file, turn}: the turn 1–8 that a WebP's EXIF says, and the file without it; others as they are. */
export async function withoutTurn(file) {
  const start = new DataView(await file.slice(0, 12).arrayBuffer());
  if (letters(start, 0) !== "RIFF" || letters(start, 8) !== "WEBP") return { file, turn: 1 };
  const view = new DataView(await file.arrayBuffer());
  const at = orientationAt(view);
  if (!at) return { file, turn: 1 };
  const turn = view.getUint16(at.place, at.little);
  if (!(turn in MATRICES)) return { file, turn: 1 };
  view.setUint16(at.place, 1, at.little); // a browser that heeds it shall not turn it as well
  return { file: new Blob([view.buffer], { type: "image/webp" }), turn };
}

/** A canvas put upright, by EXIF orientation 1–8. */
export function upright(canvas, turn) {
  if (!(turn in MATRICES)) return canvas;
  const { width, height } = canvas;
  const [wide, high] = turn >= 5 ? [height, width] : [width, height];
  const turned = Object.assign(document.createElement("canvas"), { width: wide, height: high });
  const brush = turned.getContext("2d", { willReadFrequently: true });
  brush.setTransform(...MATRICES[turn](width, height));
  brush.drawImage(canvas, 0, 0);
  return turned;
}

const letters = (view, at) =>
  at + 4 <= view.byteLength ? String.fromCharCode(...[0, 1, 2, 3].map((n) => view.getUint8(at + n))) : "";

/** {place, little}: where in a WebP its orientation stands; null where it says none. */
function orientationAt(view) {
  if (letters(view, 12) !== "VP8X" || view.byteLength < 30 || !(view.getUint8(20) & HAS_EXIF)) return null;
  for (let at = 12; at + 8 <= view.byteLength; ) {
    const size = view.getUint32(at + 4, true);
    if (letters(view, at) === "EXIF") return inExif(view, at + 8, Math.min(at + 8 + size, view.byteLength));
    at += 8 + size + (size % 2);
  }
  return null;
}

/** The same in EXIF, from byte `start` to `end`: a TIFF header, then entries of 12 bytes. */
function inExif(view, start, end) {
  if (letters(view, start) === "Exif") start += 6; // some programs keep the mark that JPEG needs
  if (start + 8 > end) return null;
  const order = view.getUint16(start);
  if (order !== 0x4949 && order !== 0x4d4d) return null;
  const little = order === 0x4949;
  const first = start + view.getUint32(start + 4, little);
  if (first + 2 > end) return null;
  const entries = view.getUint16(first, little);
  for (let at = first + 2; at < first + 2 + 12 * entries && at + 12 <= end; at += 12)
    if (view.getUint16(at, little) === ORIENTATION) {
      const single = view.getUint16(at + 2, little) === SHORT && view.getUint32(at + 4, little) === 1;
      return single ? { place: at + 8, little } : null;
    }
  return null;
}
