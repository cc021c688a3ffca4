// The labels with their pictures and splits as bars; a click shows only that label's pictures.
// Names are set as text, never as HTML.
export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const root = parentElement.querySelector(".labels");
  const make = (tag, properties = {}, children = []) => {
    const node = Object.assign(document.createElement(tag), properties);
    node.append(...children);
    return node;
  };
  const legend = data.splits.map(([split, title, purpose]) =>
    make("span", {}, [
      make("i", { className: `dot ${split}` }), make("b", { textContent: title }), purpose,
    ]));
  const rows = data.rows.map((row) => {
    const covers = row.covers.map((source) => make("img", { src: source, alt: "" }));
    const stack = row.counts
      .filter(([, number]) => number > 0)
      .map(([split, number]) => {
        const part = make("span", { className: split });
        part.style.flexGrow = number;
        return part;
      });
    const bar = make("span", { className: "stack", ariaHidden: "true" }, stack);
    bar.style.width = `${Math.max(2, 100 * row.share)}%`;
    const button = make("button", { type: "button", className: "row", title: row.name }, [
      make("span", { className: "covers" }, covers),
      make("span", { className: "name", dir: "auto", textContent: row.name }),
      bar,
      make("span", { className: "words" }, [
        make("b", { textContent: row.total }), make("span", { textContent: row.words }),
      ]),
    ]);
    button.setAttribute("aria-pressed", String(row.id === data.chosen));
    button.onclick = () => setTriggerValue("open", row.id === data.chosen ? "all" : row.id);
    return button;
  });
  root.classList.toggle("many", rows.length > 4);
  root.querySelector(".legend").replaceChildren(...legend);
  root.querySelector(".rows").replaceChildren(...rows);
}
