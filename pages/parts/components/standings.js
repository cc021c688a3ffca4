// Bars from best to worst. It knows nothing of races; it is handed names and shares. Text is text.
export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".standings");
  const make = (tag, name, content = "") =>
    Object.assign(document.createElement(tag), { className: name, textContent: content });
  root.replaceChildren(
    ...data.rows.map(({ name, share, low, high, words, time, ahead }) => {
      const row = make("li", ahead ? "row ahead" : "row");
      const line = make("div", "words");
      line.append(make("span", "name", name), make("span", "share", words), make("span", "time", time));
      const track = make("div", "track");
      track.setAttribute("aria-hidden", "true");
      const fill = make("div", "fill");
      fill.style.width = `${100 * share}%`;
      track.append(fill);
      if (low !== null) {
        const spread = make("div", "spread");
        spread.style.left = `${100 * low}%`;
        spread.style.width = `${100 * (high - low)}%`;
        track.append(spread);
      }
      row.append(line, track);
      return row;
    }),
  );
}
