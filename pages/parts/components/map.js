// The map: points on a canvas, a thumbnail beside the pointer, a lasso by dragging.
// Names are set as text, never as HTML. A colour and a shape for each label, so that neither is alone.
const COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#B4A800", "#6E6E6E"];
const SHAPES = ["circle", "square", "diamond", "triangle"];
const RADIUS = 5; // pixels
const NEAR = 14; // pixels from the pointer within which a point is meant
const EDGE = 24; // pixels left free around the points

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const root = parentElement.querySelector(".map");
  const canvas = root.querySelector("canvas");
  const hover = root.querySelector(".hover");
  const status = root.querySelector(".status");
  const state = (root.state ??= { chosen: new Set(), path: [] });
  const colour = (label) => (label < 0 ? "#8a8a8a" : COLOURS[label % COLOURS.length]);
  const shape = (label) => (label < 0 ? "circle" : SHAPES[Math.floor(label / COLOURS.length) % SHAPES.length]);
  const name = (label) => (label < 0 ? "No label" : data.labels[label]);

  const xs = data.points.map((p) => p[1]), ys = data.points.map((p) => p[2]);
  const reach = (values) => [Math.min(...values), Math.max(...values)];
  const span = (values) => values.length > 50000 ? [-1, 1] : reach(values);
  const [left, right] = span(xs), [low, high] = span(ys);
  let places = [];

  const trace = (pen, kind, x, y, r) => {
    pen.beginPath();
    if (kind === "circle") pen.arc(x, y, r, 0, 2 * Math.PI);
    else if (kind === "square") pen.rect(x - r, y - r, 2 * r, 2 * r);
    else if (kind === "diamond") { pen.moveTo(x, y - r); pen.lineTo(x + r, y); pen.lineTo(x, y + r); pen.lineTo(x - r, y); }
    else { pen.moveTo(x, y - r); pen.lineTo(x + r, y + r); pen.lineTo(x - r, y + r); }
    pen.closePath();
  };

  const draw = () => {
    const scale = window.devicePixelRatio || 1;
    const { clientWidth: width, clientHeight: height } = canvas;
    if (!width) return;
    canvas.width = width * scale;
    canvas.height = height * scale;
    const pen = canvas.getContext("2d");
    pen.scale(scale, scale);
    const x = (v) => EDGE + ((v - left) / (right - left || 1)) * (width - 2 * EDGE);
    const y = (v) => height - EDGE - ((v - low) / (high - low || 1)) * (height - 2 * EDGE);
    places = data.points.map((p) => [x(p[1]), y(p[2])]);
    const some = state.chosen.size > 0;
    data.points.forEach((point, index) => {
      const on = state.chosen.has(point[0]);
      pen.globalAlpha = some && !on ? 0.25 : 0.85;
      pen.fillStyle = colour(point[3]);
      trace(pen, shape(point[3]), ...places[index], on ? RADIUS + 1.5 : RADIUS);
      pen.fill();
      if (on) { pen.lineWidth = 1.5; pen.strokeStyle = getComputedStyle(root).color; pen.stroke(); }
    });
    pen.globalAlpha = 1;
    if (state.path.length > 1) {
      pen.beginPath();
      state.path.forEach(([px, py], i) => (i ? pen.lineTo(px, py) : pen.moveTo(px, py)));
      pen.closePath();
      pen.fillStyle = "rgb(31 122 77 / 15%)";
      pen.strokeStyle = getComputedStyle(root).getPropertyValue("--st-primary-color");
      pen.fill();
      pen.stroke();
    }
  };

  const nearest = (px, py) => {
    let best = -1, least = NEAR * NEAR;
    places.forEach(([x, y], index) => {
      const d = (x - px) ** 2 + (y - py) ** 2;
      if (d < least) { least = d; best = index; }
    });
    return best;
  };
  const inside = ([x, y], path) => {
    let is = false;
    for (let i = 0, j = path.length - 1; i < path.length; j = i++) {
      const [xi, yi] = path[i], [xj, yj] = path[j];
      if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) is = !is;
    }
    return is;
  };
  const point = (event) => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  const look = (index, px, py) => {
    hover.hidden = index < 0;
    if (index < 0) return;
    const [column, row] = [index % data.columns, Math.floor(index / data.columns)];
    const rows = Math.ceil(data.points.length / data.columns);
    const share = (at, of) => (of > 1 ? `${(100 * at) / (of - 1)}%` : "0");
    Object.assign(hover.querySelector(".picture").style, {
      backgroundImage: `url(${data.atlas})`,
      backgroundSize: `${100 * data.columns}% ${100 * rows}%`,
      backgroundPosition: `${share(column, data.columns)} ${share(row, rows)}`,
    });
    hover.querySelector("span").textContent = name(data.points[index][3]);
    hover.style.left = `${Math.min(px + 14, canvas.clientWidth - 150)}px`;
    hover.style.top = `${Math.max(0, Math.min(py + 14, canvas.clientHeight - 175))}px`;
  };
  const choose = (ids) => {
    state.chosen = new Set(ids);
    status.textContent = ids.length ? `${ids.length} selected. Click an empty place to select none.` : "";
    setTriggerValue("lasso", ids);
    draw();
  };

  canvas.onpointerdown = (event) => {
    canvas.setPointerCapture(event.pointerId);
    state.path = [point(event)];
    look(-1);
  };
  canvas.onpointermove = (event) => {
    const [px, py] = point(event);
    if (!state.path.length) return look(nearest(px, py), px, py);
    state.path.push([px, py]);
    draw();
  };
  canvas.onpointerup = (event) => {
    const path = state.path;
    state.path = [];
    if (path.length > 5) {
      choose(data.points.filter((_, index) => inside(places[index], path)).map((p) => p[0]));
    } else if (path.length) {
      const index = nearest(...point(event));
      choose(index < 0 ? [] : [data.points[index][0]]);
    }
  };
  canvas.onpointercancel = () => { state.path = []; draw(); };
  canvas.onpointerleave = () => look(-1);
  canvas.onkeydown = (event) => { if (event.key === "Escape") choose([]); };
  canvas.setAttribute("aria-label", data.words);

  const drawing = (label) => {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", "0 0 14 14");
    const forms = { circle: "M7 1a6 6 0 1 1 0 12a6 6 0 1 1 0-12z", square: "M2 2h10v10h-10z",
      diamond: "M7 1l6 6l-6 6l-6-6z", triangle: "M7 2l6 10h-12z" };
    const form = document.createElementNS("http://www.w3.org/2000/svg", "path");
    form.setAttribute("d", forms[shape(label)]);
    form.setAttribute("fill", colour(label));
    svg.append(form);
    return svg;
  };
  const used = [...new Set(data.points.map((p) => p[3]))].sort((a, b) => a - b);
  root.querySelector(".legend").replaceChildren(...used.slice(0, 40).map((label) => {
    const item = document.createElement("span");
    const words = document.createElement("bdi");
    words.textContent = name(label);
    item.append(drawing(label), words);
    return item;
  }));
  const live = new Set(data.points.map((p) => p[0]));
  state.chosen = new Set([...state.chosen].filter((id) => live.has(id)));
  root.watch?.disconnect();
  root.watch = new ResizeObserver(draw);
  root.watch.observe(canvas);
  draw();
  return () => root.watch?.disconnect();
}
