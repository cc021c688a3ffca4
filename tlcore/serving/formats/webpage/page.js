// The classifier in a browser. Pixels go into one ONNX file; scaling, cropping and softmax are in it.
import * as ort from "./runtime/ort.wasm.bundle.min.mjs";
import { upright, withoutTurn } from "./turn.js";

const SIDE = 640; // the longer side that pictures are shrunk to, as in the app
const SHOWN = 5;
const here = (name) => new URL(name, import.meta.url).href;
const find = (id) => document.getElementById(id);
const make = (tag, name, text = "") =>
  Object.assign(document.createElement(tag), { className: name, textContent: text });

ort.env.wasm.wasmPaths = { wasm: here("runtime/ort-wasm-simd-threaded.wasm") };
ort.env.wasm.numThreads = 1; // more need headers that a plain web space does not send

const about = await (await fetch(here("about.json"))).json();
let session = null;

/** Probabilities in the order of the labels for pixels: Uint8Array (height, width, 3), RGB. */
export async function answer(pixels, width, height) {
  const picture = new ort.Tensor("uint8", pixels, [1, height, width, 3]);
  const { probabilities } = await session.run({ picture });
  return Array.from(probabilities.data);
}

/** A picture of the page (bitmap, video, canvas) as small RGB pixels; clear parts become white.
 * `turn` is the EXIF orientation (1–8) that it still has to be put upright by. */
export function pixelsOf(source, wide, high, turn = 1) {
  const scale = Math.min(1, SIDE / Math.max(wide, high));
  const small = [wide, high].map((side) => Math.max(1, Math.round(side * scale)));
  const canvas = upright(halved(source, wide, high, ...small), turn);
  const { width, height } = canvas;
  const brush = canvas.getContext("2d", { willReadFrequently: true });
  const { data } = brush.getImageData(0, 0, width, height);
  const pixels = new Uint8Array(width * height * 3);
  for (let from = 0, to = 0; from < data.length; from += 4, to += 3) {
    pixels[to] = data[from];
    pixels[to + 1] = data[from + 1];
    pixels[to + 2] = data[from + 2];
  }
  return { pixels, width, height, canvas };
}

/** Shrink by halves first: browsers look at few pixels when they shrink a lot at once. */
function halved(source, wide, high, width, height) {
  let [now, w, h] = [source, wide, high];
  for (;;) {
    const last = w <= 2 * width && h <= 2 * height;
    const nextW = last ? width : Math.max(width, Math.round(w / 2));
    const nextH = last ? height : Math.max(height, Math.round(h / 2));
    const canvas = Object.assign(document.createElement("canvas"), { width: nextW, height: nextH });
    const brush = canvas.getContext("2d", { willReadFrequently: last });
    brush.fillStyle = "#fff";
    brush.fillRect(0, 0, nextW, nextH);
    brush.imageSmoothingQuality = "high";
    brush.drawImage(now, 0, 0, nextW, nextH);
    if (last) return canvas;
    [now, w, h] = [canvas, nextW, nextH];
  }
}

/** A file as the browser decodes it, upright, in what `pixelsOf` gives. */
export async function pixelsOfFile(file) {
  const { file: stored, turn } = await withoutTurn(file);
  const bitmap = await createImageBitmap(stored, { imageOrientation: "from-image" });
  const small = pixelsOf(bitmap, bitmap.width, bitmap.height, turn);
  bitmap.close();
  return small;
}

/** What the classifier says of a file: {probabilities, canvas}. */
export async function answerFile(file) {
  const { pixels, width, height, canvas } = await pixelsOfFile(file);
  return { probabilities: await answer(pixels, width, height), canvas };
}

function percent(share) {
  const value = 100 * share;
  return value > 99 && value < 100 ? "over 99 %" : `${value.toFixed(0)} %`;
}

function drawAnswer(box, probabilities) {
  const order = probabilities.map((_, n) => n).sort((a, b) => probabilities[b] - probabilities[a]);
  const unsure = probabilities[order[0]] < about.threshold;
  const rows = order.slice(0, SHOWN).map((n) => {
    const row = make("div", "row");
    const track = make("div", "track");
    const fill = make("div", "fill");
    fill.style.width = `${100 * probabilities[n]}%`;
    track.append(fill);
    row.append(make("span", "label", about.labels[n]), make("span", "", percent(probabilities[n])), track);
    return row;
  });
  box.replaceChildren(make("p", "said", unsure ? "I don’t know" : about.labels[order[0]]), ...rows);
}

async function showFiles(files) {
  for (const file of files) {
    const card = make("div", "card");
    const words = make("div", "answer");
    try {
      const { probabilities, canvas } = await answerFile(file);
      const image = Object.assign(new Image(), { src: canvas.toDataURL("image/jpeg"), alt: file.name });
      drawAnswer(words, probabilities);
      words.prepend(make("p", "name", file.name));
      card.append(image, words);
    } catch {
      card.append(make("p", "name", file.name), make("p", "", "This browser cannot read this file as a picture."));
    }
    find("answers").prepend(card);
  }
}

async function useCamera() {
  if (!navigator.mediaDevices) {
    find("state").textContent = "Browsers give a page the camera only over https or on this computer itself.";
    return;
  }
  find("camera").disabled = true; // of two streams, only one would ever be stopped
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    const video = find("video");
    video.srcObject = stream;
    await video.play();
    find("live").hidden = false;
    find("stop").onclick = () => {
      stream.getTracks().forEach((track) => track.stop());
      find("live").hidden = true;
    };
    while (stream.active && !find("live").hidden) {
      const { pixels, width, height } = pixelsOf(video, video.videoWidth, video.videoHeight);
      drawAnswer(find("live_answer"), await answer(pixels, width, height));
      await new Promise((done) => setTimeout(done, 150));
    }
  } catch {
    find("state").textContent = "The camera cannot be used. Allow it in the browser, or choose pictures.";
  } finally {
    find("camera").disabled = false;
  }
}

function listen() {
  find("files").onchange = (event) => showFiles([...event.target.files]).then(() => (event.target.value = ""));
  find("camera").onclick = useCamera;
  for (const name of ["dragover", "dragleave", "drop"])
    document.addEventListener(name, (event) => {
      event.preventDefault();
      find("drop").classList.toggle("over", name === "dragover");
      if (name === "drop") showFiles([...event.dataTransfer.files]);
    });
}

async function start() {
  find("labels").textContent = `It tells apart: ${about.labels.join(", ")}.`;
  find("origin").textContent = about.origin;
  try {
    session = await ort.InferenceSession.create(here("classifier.onnx"), { executionProviders: ["wasm"] });
    find("state").textContent = "";
    find("ways").hidden = false;
    listen();
  } catch (error) {
    find("state").textContent = `The classifier cannot be loaded in this browser (${error.message}).`;
  }
}

window.graft = { about, answer, pixelsOf, pixelsOfFile, answerFile };
await start();
