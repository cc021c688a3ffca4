// Bars with percentages. Labels are set as text, never as HTML.
export default function ({ data, parentElement }) {
  const list = parentElement.querySelector(".bars");
  const make = (tag, name, text) => {
    const node = document.createElement(tag);
    node.className = name;
    if (text !== undefined) node.textContent = text;
    return node;
  };
  while (list.children.length > data.rows.length) list.lastChild.remove();
  data.rows.forEach((row, index) => {
    const item = list.children[index] ?? list.appendChild(make("li", ""));
    if (!item.firstChild || item.classList.contains("more")) {
      const track = make("div", "track");
      track.append(make("div", "fill"));
      item.replaceChildren(make("div", "head"), track);
    }
    item.className = data.equal ? row.tone : index === 0 ? "first" : "";
    const label = make("span", "label", row.label);
    if (row.right) label.append(make("span", "mark", "right answer"));
    item.querySelector(".head").replaceChildren(label, make("span", "share", row.words));
    requestAnimationFrame(() => {
      item.querySelector(".fill").style.width = `${100 * row.share}%`;
    });
  });
  if (data.more > 0) {
    const words = data.more === 1 ? "1 more label is less likely." : `${data.more} more labels are less likely.`;
    list.append(make("li", "more", words));
  }
}
