// Draws which row learns when as a grid of cells. It knows nothing of networks; text stays text.

const SVG = "http://www.w3.org/2000/svg";
const SNOW = "M12 2v20M3.3 7l17.4 10M20.7 7L3.3 17M9 3l3 3 3-3M9 21l3-3 3 3";
const SHORTEST = 64; // pixels of a phase, so that its rates can be read

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".schedule");
  const columns = data.phases.map(({ epochs }) => `minmax(${SHORTEST}px, ${epochs}fr)`).join(" ");
  root.style.gridTemplateColumns = `auto ${columns}`;
  root.setAttribute("aria-label", data.words);
  const cells = data.titles.flatMap((title, row) => [
    make("div", row ? "title" : "title head", title),
    ...data.phases.map((phase) => cell(phase.cells[row], `${title}, ${phase.span}`)),
  ]);
  const spans = data.phases.map((phase) => make("div", "span", phase.short));
  const notes = [make("div", ""), ...data.phases.map((phase) => make("div", "note", phase.words))];
  root.replaceChildren(...cells, make("div", "span first", "Epochs"), ...spans, ...(data.phases.length < 4 ? notes : []), legend());
}

function cell({ strength, rate }, where) {
  const learns = strength > 0;
  const box = make("div", `cell ${learns ? "learns" : "frozen"}`, rate);
  box.title = learns ? `${where}: learns, learning rate ${rate}` : `${where}: frozen`;
  if (learns) box.style.setProperty("--strength", strength);
  else box.append(snow());
  return box;
}

function legend() {
  const box = make("div", "legend");
  const frozen = make("span", "");
  const example = make("div", "cell frozen");
  example.append(snow());
  frozen.append(example, "frozen: stays as it is");
  const learns = make("span", "");
  learns.append(make("div", "cell ramp"), "learns: the fuller the colour, the larger its steps");
  const number = make("span", "", "The number is the learning rate: the size of a step.");
  box.append(frozen, learns, number);
  return box;
}

function snow() {
  const svg = document.createElementNS(SVG, "svg");
  const line = document.createElementNS(SVG, "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  const look = { d: SNOW, fill: "none", stroke: "currentColor", "stroke-width": 1.6 };
  for (const [key, value] of Object.entries(look)) line.setAttribute(key, value);
  svg.append(line);
  return svg;
}

function make(tag, name, content = "") {
  const element = document.createElement(tag);
  element.className = name;
  element.textContent = content;
  return element;
}
