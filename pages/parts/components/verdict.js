// The score in large with its interval, and simpler machines under it. Labels are set as text.
export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".verdict");
  const make = (tag, name, text = "") =>
    Object.assign(document.createElement(tag), { className: name, textContent: text });
  const bar = (name, share) => {
    const track = make("div", name);
    const fill = make("div", "fill");
    fill.style.width = `${100 * share}%`;
    track.setAttribute("aria-hidden", "true");
    track.append(fill);
    return track;
  };
  const main = bar("track", data.share);
  const range = make("div", "range");
  range.style.left = `${100 * data.low}%`;
  range.style.width = `${100 * (data.high - data.low)}%`;
  main.append(range);
  const rows = data.others.map((other) => {
    const row = make("div", "other");
    row.append(bar("track thin", other.share), make("p", "plain", other.words));
    return row;
  });
  root.replaceChildren(
    make("p", "words", data.words),
    make("p", "on", data.on_what),
    main,
    make("p", "sure", data.sure),
    make("p", "beside", "Beside it, on the same pictures:"),
    ...rows,
    ...(data.scratch ? [make("p", "plain", data.scratch)] : []),
  );
}
