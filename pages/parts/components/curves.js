// Draws the two live charts of a run, in place: nothing is mounted anew, so zoom survives updates.
// It knows nothing of runs; it is handed numbers. All text is set as text, never as HTML.
// What draws lines, ticks and words stands in drawing.js, which is put before this file.

const HEIGHT = 265;
const EDGE = { left: 42, right: 16, top: 12, bottom: 42 };
const ROOM = 95; // pixels that the words beside a line take
const views = new WeakMap(); // the element a chart lives in → its view

export default function ({ data, parentElement }) {
  let view = views.get(parentElement);
  if (!view) {
    view = new View(parentElement);
    views.set(parentElement, view);
  }
  view.show(data);
  return () => view.root.isConnected || view.observer.disconnect();
}

class View {
  constructor(parent) {
    this.root = parent.querySelector(".curves");
    this.zoom = null; // [from, to] in epochs, the same in both panels
    this.run = null;
    this.whole = this.root.querySelector("button");
    this.whole.onclick = () => this.setZoom(null);
    this.names = this.root.querySelector(".names");
    this.panels = [...this.root.querySelectorAll(".panel")].map((box) => new Panel(this, box));
    this.observer = new ResizeObserver(() => this.draw());
    this.observer.observe(this.root);
  }

  show(data) {
    if (this.run !== data.run) this.zoom = null;
    this.run = data.run;
    this.data = data;
    this.root.setAttribute("aria-label", data.words);
    this.root.classList.toggle("lanes", data.lanes);
    this.names.replaceChildren(...legend(data.others));
    this.draw();
  }

  setZoom(zoom) {
    this.zoom = zoom;
    this.draw();
  }

  draw() {
    if (!this.data || !this.root.clientWidth) return;
    const background = getComputedStyle(this.root).getPropertyValue("--st-background-color");
    this.root.classList.toggle("dark", isDark(background));
    this.root.classList.toggle("narrow", this.root.clientWidth < 620);
    this.whole.hidden = !this.zoom;
    const ends = this.data.others.flatMap((other) => [...other.loss, ...other.accuracy]).map(([x]) => x);
    const range = this.zoom ?? [0, Math.max(this.data.epochs, ...ends)];
    const [loss, accuracy] = this.panels;
    const others = (what) => this.data.others.map((other) => ({ ...other, points: other[what] }));
    const { steps, guess } = this.data;
    loss.draw(this.data.loss, range, this.data, { steps, share: false, others: others("loss") });
    const shares = { guess, share: true, others: others("accuracy") };
    accuracy.draw(this.data.accuracy, range, this.data, shares);
  }
}

class Panel {
  constructor(view, box) {
    this.view = view;
    this.box = box;
    this.svg = box.querySelector("svg");
    this.tip = box.querySelector(".tip");
    this.drag = null; // where a drag began, in pixels
    this.at = null; // where the pointer is, in pixels
    this.svg.onpointermove = (event) => this.point(this.place(event));
    this.svg.onpointerleave = () => this.drag === null && this.point(null);
    this.svg.onpointerdown = (event) => {
      if (event.button !== 0 || event.pointerType === "touch") return;
      this.drag = this.place(event);
      this.svg.setPointerCapture(event.pointerId);
    };
    this.svg.onpointerup = (event) => this.drop(this.place(event));
    this.svg.onpointercancel = () => this.drop(this.drag);
    this.svg.ondblclick = () => this.view.setZoom(null);
  }

  place(event) {
    return event.clientX - this.svg.getBoundingClientRect().left;
  }

  point(at) {
    this.at = at;
    this.redraw();
  }

  drop(at) {
    const from = this.drag;
    this.drag = null;
    if (from === null) return;
    if (Math.abs(at - from) < 8) return this.redraw();
    const ends = [this.epoch(Math.min(from, at)), this.epoch(Math.max(from, at))];
    if (ends[1] - ends[0] > 0.05) this.view.setZoom(ends);
  }

  draw(lines, range, data, extra) {
    this.lines = lines;
    this.range = range;
    this.data = data;
    this.extra = extra;
    this.redraw();
  }

  x(epoch) {
    const [from, to] = this.range;
    return EDGE.left + ((epoch - from) / (to - from)) * (this.width - EDGE.left - EDGE.right);
  }

  y(value) {
    return HEIGHT - EDGE.bottom - (value / this.top) * (HEIGHT - EDGE.top - EDGE.bottom);
  }

  epoch(pixel) {
    const share = (pixel - EDGE.left) / (this.width - EDGE.left - EDGE.right);
    const [from, to] = this.range;
    return from + Math.min(1, Math.max(0, share)) * (to - from);
  }

  redraw() {
    if (!this.lines) return;
    this.width = Math.max(160, this.box.clientWidth);
    this.top = this.extra.share ? 1.03 : this.ceiling();
    this.svg.setAttribute("viewBox", `0 0 ${this.width} ${HEIGHT}`);
    this.svg.setAttribute("height", HEIGHT);
    const clip = `clip-${this.extra.share}`;
    const inside = make("g", { "clip-path": `url(#${clip})` }, this.marks());
    this.svg.replaceChildren(this.clip(clip), ...this.axes(), inside, ...this.cursor());
  }

  ceiling() {
    const [from, to] = this.range;
    const inView = (points) => points.filter(([x]) => x >= from - 1 && x <= to + 1);
    const others = this.extra.others.map(({ points }) => points);
    const own = [this.lines.training, this.lines.validation, this.extra.steps];
    const points = [...own, ...others].flatMap(inView);
    // A whole view starts as high as the loss of pure guessing; a zoomed one fits what is in it.
    const least = this.view.zoom || !this.data.guess ? 0 : -Math.log(this.data.guess);
    return grown(Math.max(least, ...points.map(([, y]) => y)));
  }

  clip(id) {
    const width = this.width - EDGE.left - EDGE.right + 24;
    const height = HEIGHT - EDGE.top - EDGE.bottom + 24;
    const rect = make("rect", { x: EDGE.left - 12, y: EDGE.top - 12, width, height });
    return make("clipPath", { id }, [rect]);
  }

  axes() {
    const right = this.width - EDGE.right;
    const drawn = [];
    for (const value of ticks(0, this.top, 4)) {
      const y = this.y(value);
      drawn.push(make("line", { class: "grid", x1: EDGE.left, x2: right, y1: y, y2: y }));
      const text = this.extra.share ? `${Math.round(value * 100)} %` : short(value);
      drawn.push(label(EDGE.left - 8, y + 4, text, "end"));
    }
    const [from, to] = this.range;
    const wanted = Math.max(3, Math.floor(this.width / 70));
    for (const value of ticks(from, to, wanted, [1, 2, 5, 10])) {
      drawn.push(label(this.x(value), HEIGHT - 24, short(value), "middle"));
    }
    drawn.push(label((EDGE.left + right) / 2, HEIGHT - 6, "epoch", "middle"));
    return drawn;
  }

  marks() {
    const drawn = [];
    for (const at of this.data.phases) {
      const x = this.x(at);
      const ends = { y1: EDGE.top, y2: HEIGHT - EDGE.bottom };
      drawn.push(make("line", { class: "phase", x1: x, x2: x, ...ends }));
      const late = x > this.width - EDGE.right - ROOM;
      const [beside, anchor] = late ? [x - 5, "end"] : [x + 5, "start"];
      if (!this.extra.share) drawn.push(label(beside, EDGE.top + 10, "stages join in", anchor));
    }
    if (this.extra.guess) {
      const y = this.y(this.extra.guess);
      const ends = { x1: EDGE.left, x2: this.width - EDGE.right };
      drawn.push(make("line", { class: "guess", ...ends, y1: y, y2: y }));
      drawn.push(label(this.width - EDGE.right - 4, y - 5, "pure guessing", "end"));
    }
    if (this.extra.steps) drawn.push(this.path(this.extra.steps, "step"));
    for (const { points, tone } of this.extra.others) {
      drawn.push(this.path(points, `other tone-${tone}`));
      if (points.length === 1) drawn.push(this.spot(points[0], tone));
    }
    const many = Math.max(this.lines.training.length, this.lines.validation.length);
    for (const name of ["training", "validation"]) {
      drawn.push(this.path(this.lines[name], `line ${name}`));
      if (many <= 60) drawn.push(...this.lines[name].map((point) => this.dot(point, name)));
    }
    const best = this.lines.validation.find(([x]) => x === this.data.best);
    if (best) drawn.push(make("circle", { class: "best", ...this.centre(best), r: 8 }));
    return drawn;
  }

  path(points, name) {
    const d = points.map(([x, y], i) => `${i ? "L" : "M"}${this.x(x)} ${this.y(y)}`).join("");
    return make("path", { class: name, d });
  }

  centre([x, y]) {
    return { cx: this.x(x), cy: this.y(y) };
  }

  dot(point, name) {
    const { cx, cy } = this.centre(point);
    if (name === "training") return make("circle", { class: "dot-training", cx, cy, r: 3.5 });
    const d = `M${cx} ${cy - 5}l5 5l-5 5l-5 -5z`;
    return make("path", { class: "dot-validation", d });
  }

  // A line of one point cannot be seen.
  spot(point, tone) {
    return make("circle", { class: `spot tone-${tone}`, ...this.centre(point), r: 3 });
  }

  cursor() {
    this.tip.hidden = true;
    if (this.at === null) return [];
    const ends = { y1: EDGE.top, y2: HEIGHT - EDGE.bottom };
    if (this.drag !== null) {
      const [a, b] = [Math.min(this.drag, this.at), Math.max(this.drag, this.at)];
      const height = HEIGHT - EDGE.top - EDGE.bottom;
      return [make("rect", { class: "chosen", x: a, y: EDGE.top, width: b - a, height })];
    }
    const nearest = this.nearest();
    if (nearest === null) return [];
    const x = this.x(nearest);
    this.say(nearest, x);
    return [make("line", { class: "cursor", x1: x, x2: x, ...ends })];
  }

  nearest() {
    const [from, to] = this.range;
    const here = this.epoch(this.at);
    const lines = [this.lines.training, this.lines.validation];
    const epochs = [...lines, ...this.extra.others.map(({ points }) => points)]
      .flat()
      .map(([x]) => x);
    const seen = epochs.filter((x) => x >= from && x <= to);
    if (!seen.length) return null;
    return seen.reduce((a, b) => (Math.abs(b - here) < Math.abs(a - here) ? b : a));
  }

  say(epoch, x) {
    const title = document.createElement("b");
    title.textContent = `Epoch ${epoch}${epoch === this.data.best ? ", the best so far" : ""}`;
    const own = ["training", "validation"].map((name) => ({
      name: name === "training" ? "Training" : "Validation",
      points: this.lines[name],
    }));
    const rows = [...own, ...this.extra.others].flatMap(({ name, points }) => {
      const point = points.find(([at]) => at === epoch);
      if (!point) return [];
      const row = document.createElement("div");
      const value = this.extra.share ? `${Math.round(point[1] * 100)} %` : point[1].toFixed(3);
      row.textContent = `${name}: ${value}`;
      return [row];
    });
    this.tip.replaceChildren(title, ...rows);
    this.tip.hidden = false;
    const right = x > this.width / 2;
    this.tip.style.left = right ? "auto" : `${x + 12}px`;
    this.tip.style.right = right ? `${this.width - x + 12}px` : "auto";
  }
}

// One entry for every name among other lines; a name may have several lines.
function legend(others) {
  const seen = new Map(others.map((other) => [other.name, other.tone]));
  return [...seen].map(([name, tone]) => {
    const entry = document.createElement("span");
    const line = make("path", { class: `other tone-${tone}`, d: "M1 5h24" });
    entry.append(make("svg", { width: 26, height: 10 }, [line]), name);
    return entry;
  });
}
