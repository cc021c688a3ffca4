// Draws the network as a row of blocks; a click or Enter turns a stage from frozen to learning.
// It knows nothing of networks; it is handed titles, sizes and what learns. Text stays text.

const SVG = "http://www.w3.org/2000/svg";
const observers = new WeakMap();
const ROOMY = 104; // pixels for a block with its sentence
const LEAST = 80; // pixels for a block without it; with less, blocks stand under each other
const GLYPHS = {
  input: "M8 10h32v28H8zM8 32l10-10 8 8 5-5 9 9M32 18.5a2.5 2.5 0 1 0 .1 0",
  edges: "M8 40L24 8M18 40L34 8M28 40L40 16M8 22L15 8",
  contours: "M6 34c10-22 18 12 36-12M6 24c10-22 18 12 36-12M6 43c10-20 18 12 36-10",
  textures:
    "M10 10h.1M20 14h.1M30 10h.1M39 15h.1M12 21h.1M23 24h.1M33 20h.1M9 31h.1M18 34h.1M28 32h.1" +
    "M38 29h.1M13 41h.1M24 42h.1M35 40h.1",
  patterns: "M6 16l6-8 6 8 6-8 6 8 6-8 6 8M6 28l6-8 6 8 6-8 6 8 6-8 6 8M6 40l6-8 6 8 6-8 6 8 6-8 6 8",
  parts: "M6 18c8-11 22-11 30 0c-8 11-22 11-30 0M21 14a4 4 0 1 0 .1 0M28 43c-2-9 4-14 14-14c0 9-6 14-14 14",
  objects:
    "M24 19a5 5 0 1 0 .1 0M24 19c-6-5-4-12 0-13c4 1 6 8 0 13M29 24c5-6 12-4 13 0c-1 4-8 6-13 0" +
    "M24 29c6 5 4 12 0 13c-4-1-6-8 0-13M19 24c-5 6-12 4-13 0c1-4 8-6 13 0",
  summary: "M10 40V26M19 40V14M28 40V30M37 40V8",
  head: "M6 24h12M18 24l10-12M18 24h10M18 24l10 12M30 7h12v10H30zM30 19h12v10H30zM30 31h12v10H30z",
};
const SNOW = "M12 2v20M3.3 7l17.4 10M20.7 7L3.3 17M9 3l3 3 3-3M9 21l3-3 3 3";
const FLAME =
  "M12 3c1 4 5 6 5 11a5 5 0 0 1-10 0c0-2 1-3.500 2-4.500c.3 1.500 1 2.300 1.800 2.500c-.3-3 .2-6 1.200-9z";

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".network");
  const learning = data.stages.map((stage) => stage.learns);
  const choose = (index) => {
    learning[index] = !learning[index];
    paint(blocks[index + 1], { ...data.stages[index], learns: learning[index] });
    setTriggerValue("chosen", [...learning]);
  };
  const focused = [...root.children].indexOf(root.getRootNode().activeElement);
  const blocks = [
    paint(make("div", "block input"), data.input),
    ...data.stages.map((stage, index) => {
      const block = paint(make("button", "block"), stage);
      block.type = "button";
      block.onclick = () => choose(index);
      block.onkeydown = (event) => step(event, index + 1);
      return block;
    }),
    paint(make("div", "block"), data.head),
  ];
  const step = (event, at) => {
    const move = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    const next = blocks[at + move];
    if (move && next?.type === "button") {
      next.focus();
      event.preventDefault();
    }
  };
  root.setAttribute("aria-label", data.words);
  root.replaceChildren(...blocks);
  if (focused > 0) blocks[focused]?.focus();
  watch(root, blocks.length);
}

function watch(root, count) {
  observers.get(root)?.disconnect();
  const fit = () => {
    const each = root.clientWidth / count; // pixels
    root.classList.toggle("compact", each < ROOMY && each >= LEAST);
    root.classList.toggle("narrow", each < LEAST);
  };
  const observer = new ResizeObserver(fit);
  observer.observe(root);
  observers.set(root, observer);
  fit();
}

function paint(block, { name, title, words, size, learns }) {
  const input = name === "input";
  if (!input) {
    block.classList.toggle("learns", learns);
    block.classList.toggle("frozen", !learns);
  }
  if (block.tagName === "BUTTON") block.setAttribute("aria-pressed", String(learns));
  block.title = words;
  block.replaceChildren(
    drawing(GLYPHS[name] ?? GLYPHS.summary, 48, "glyph"),
    text("title", title),
    text("words", words),
    text("size", size),
    ...(input ? [] : [mark(learns)]),
  );
  return block;
}

function mark(learns) {
  const element = text("state", learns ? "Learns" : "Frozen");
  element.prepend(drawing(learns ? FLAME : SNOW, 24, ""));
  return element;
}

function make(tag, name) {
  const element = document.createElement(tag);
  element.className = name;
  return element;
}

function text(name, content) {
  const element = make("span", name);
  element.textContent = content;
  return element;
}

function drawing(path, size, name) {
  const svg = document.createElementNS(SVG, "svg");
  const line = document.createElementNS(SVG, "path");
  svg.setAttribute("viewBox", `0 0 ${size} ${size}`);
  svg.setAttribute("class", name);
  svg.setAttribute("aria-hidden", "true");
  const look = { d: path, fill: "none", stroke: "currentColor", "stroke-width": size / 20 };
  const ends = { "stroke-linecap": "round", "stroke-linejoin": "round" };
  for (const [key, value] of Object.entries({ ...look, ...ends })) line.setAttribute(key, value);
  svg.append(line);
  return svg;
}
