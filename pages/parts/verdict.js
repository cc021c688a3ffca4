// The score in large with its bar. Labels are set as text, never as HTML.
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
  root.replaceChildren(
    make("p", "words", data.words),
    make("p", "on", data.on_what),
    bar("track", data.share),
    bar("track thin", data.plain_share),
    make("p", "plain", data.plain_words),
  );
}
