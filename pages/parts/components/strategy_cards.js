// Draws strategies as a group of radio buttons: arrow keys move and choose, as in any such group.
// It knows nothing of networks; it is handed words, and strips of rows over time.

const SVG = "http://www.w3.org/2000/svg";
const WIDE = 120;
const HIGH = 58;
const NARROW = 760; // pixels below which cards stand under each other
const observers = new WeakMap();

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".strategies");
  const held = root.getRootNode().activeElement;
  const focused = [...root.children].indexOf(held);
  const choose = (index) => {
    cards.forEach((card, at) => mark(card, at === index));
    cards[index].focus();
    setTriggerValue("chosen", data.cards[index].name);
  };
  const cards = data.cards.map((card, index) => {
    const button = draw(card);
    button.onclick = () => choose(index);
    button.onkeydown = (event) => {
      const move = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (!move) return;
      event.preventDefault();
      choose((index + move + cards.length) % cards.length);
    };
    return button;
  });
  cards.forEach((card, at) => mark(card, data.cards[at].name === data.chosen));
  if (!cards.some((card) => card.tabIndex === 0)) cards[0].tabIndex = 0;
  root.replaceChildren(...cards);
  if (focused >= 0) cards[focused]?.focus();
  watch(root);
}

function watch(root) {
  observers.get(root)?.disconnect();
  const fit = () => root.classList.toggle("narrow", root.clientWidth < NARROW);
  const observer = new ResizeObserver(fit);
  observer.observe(root);
  observers.set(root, observer);
  fit();
}

function mark(card, chosen) {
  card.setAttribute("aria-checked", String(chosen));
  card.tabIndex = chosen ? 0 : -1;
  card.querySelector(".tick").textContent = chosen ? "✓" : "";
}

function draw({ title, term, words, strip }) {
  const card = make("button", "card");
  card.type = "button";
  card.setAttribute("role", "radio");
  card.setAttribute("aria-label", title);
  const heading = make("span", "title", title);
  const tick = make("span", "tick");
  tick.setAttribute("aria-hidden", "true");
  heading.append(tick);
  card.append(picture(strip), heading, make("span", "term", term), make("span", "words", words));
  return card;
}

function picture(strip) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${WIDE} ${HIGH}`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("aria-hidden", "true");
  const total = strip.reduce((sum, { epochs }) => sum + epochs, 0);
  let x = 0;
  for (const { epochs, rows } of strip) {
    const width = (epochs / total) * WIDE;
    const height = HIGH / rows.length;
    rows.forEach((strength, row) => {
      const box = document.createElementNS(SVG, "rect");
      const place = { x: x + 0.6, y: row * height + 0.8, width: width - 1.2, height: height - 1.6 };
      for (const [key, value] of Object.entries({ ...place, rx: 1.5 })) box.setAttribute(key, value);
      box.setAttribute("class", strength ? "learns" : "frozen");
      if (strength) box.setAttribute("fill-opacity", strength * 0.9);
      svg.append(box);
    });
    x += width;
  }
  return svg;
}

function make(tag, name, content = "") {
  const element = document.createElement(tag);
  element.className = name;
  element.textContent = content;
  return element;
}
