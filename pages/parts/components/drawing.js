// Lines, words, ticks and ends of axes for the charts that are drawn by hand.
// Put before a script that uses them: a component is one script, without imports.

const SVG = "http://www.w3.org/2000/svg";

function make(name, attributes, children = []) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

function label(x, y, text, anchor) {
  const element = make("text", { x, y, "text-anchor": anchor });
  element.textContent = text;
  return element;
}

function short(value) {
  return String(Math.round(value * 1000) / 1000);
}

// The upper end of an axis: it only grows as points are added, and in few steps, so nothing jumps.
function grown(largest) {
  if (!(largest > 0)) return 1;
  const decade = 10 ** Math.floor(Math.log10(largest));
  return [1, 1.5, 2, 3, 5, 7.5, 10].find((factor) => largest * 1.02 <= factor * decade) * decade
    || 15 * decade;
}

function ticks(from, to, wanted, factors = [1, 2, 2.5, 5, 10]) {
  const rough = (to - from) / wanted;
  const decade = 10 ** Math.floor(Math.log10(rough));
  const step = factors.find((factor) => rough <= factor * decade * 1.001) * decade;
  const values = [];
  for (let n = Math.ceil(from / step - 1e-9); n * step <= to * 1.0001; n += 1) values.push(n * step);
  return values;
}

function isDark(colour) {
  const hex = colour.trim().match(/^#([0-9a-f]{6})/i);
  const parts = hex
    ? [0, 2, 4].map((i) => parseInt(hex[1].slice(i, i + 2), 16))
    : (colour.match(/[\d.]+/g) ?? [255, 255, 255]).map(Number);
  return 0.3 * parts[0] + 0.59 * parts[1] + 0.11 * parts[2] < 128;
}
