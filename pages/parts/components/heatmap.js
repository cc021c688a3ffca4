// Heat over a picture. The colours (magma-like) differ in lightness too, so that anybody can read them.
const STOPS = [
  [0, 0, 4],
  [81, 18, 124],
  [183, 55, 121],
  [252, 137, 97],
  [252, 253, 191],
];
const colour = (share) => {
  const place = Math.min(0.9999, Math.max(0, share)) * (STOPS.length - 1);
  const [low, high] = [STOPS[Math.floor(place)], STOPS[Math.floor(place) + 1]];
  return low.map((value, i) => value + (high[i] - value) * (place % 1));
};

export default function ({ data, parentElement }) {
  const image = parentElement.querySelector("img");
  const canvas = parentElement.querySelector("canvas");
  const strength = parentElement.querySelector("input");
  image.alt = data.alt;
  image.onload = () => image.classList.toggle("small", image.naturalWidth < 100);
  image.src = data.picture;
  parentElement.querySelector("figcaption").textContent = data.words;

  const rows = data.heat;
  canvas.width = rows[0].length;
  canvas.height = rows.length;
  const context = canvas.getContext("2d");
  const pixels = context.createImageData(canvas.width, canvas.height);
  rows.flat().forEach((share, i) => {
    pixels.data.set([...colour(share), 255], 4 * i);
  });
  context.putImageData(pixels, 0, 0);
  const show = () => {
    canvas.style.opacity = String(strength.value / 100);
  };
  strength.oninput = show;
  show();
}
