// Pictures with the answer under each. Names and labels are set as text, never as HTML.
export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".root");
  const make = (tag, name, text = "") =>
    Object.assign(document.createElement(tag), { className: name, textContent: text });
  const line = (kind, word, label, share) => {
    const row = make("span", `line ${kind}`);
    row.append(make("span", "word", word), make("b", "", label));
    row.querySelector("b").title = label;
    if (share) row.append(make("span", "share", share));
    return row;
  };
  const shown = (source, words, name) => {
    const picture = make("img", "");
    picture.alt = words;
    picture.title = name;
    picture.onload = () => picture.classList.toggle("small", picture.naturalWidth < 100);
    picture.src = source;
    return picture;
  };
  root.className = `root ${data.alone ? "alone" : "cards"}`;
  if (data.alone) root.removeAttribute("role");
  else root.setAttribute("role", "list");
  if (data.alone) {
    root.replaceChildren(shown(data.alone.source, data.alone.name, data.alone.name));
    return;
  }
  root.replaceChildren(
    ...data.cards.map((card) => {
      const figure = make("figure", "card");
      figure.setAttribute("role", "listitem");
      const known = card.truth !== null;
      const words = known
        ? `${card.name}: it is ${card.truth}, the answer was ${card.prediction}`
        : `${card.name}: the answer is ${card.prediction}`;
      const picture = shown(card.source, words, card.name);
      const caption = make("figcaption", "");
      if (card.others.length) {
        caption.append(line("right", "is", card.truth));
        for (const [who, prediction, right] of card.others) {
          caption.append(line(right ? "right" : "wrong", who, `${right ? "✓ " : ""}${prediction}`));
        }
      } else if (!known) caption.append(line("", "", card.prediction, card.confidence));
      else if (card.truth === card.prediction) caption.append(line("right", "✓", card.prediction, card.confidence));
      else {
        caption.append(line("right", "is", card.truth), line("wrong", "said", card.prediction, card.confidence));
      }
      figure.append(picture, caption);
      return figure;
    }),
  );
}
