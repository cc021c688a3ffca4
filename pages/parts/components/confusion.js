// The confusion matrix as a table of buttons. Labels are set as text, never as HTML.
const MANY = 8; // labels: from here on the cells are small
const LONG = 4; // letters: longer names stand upright over small cells

export default function ({ data, parentElement, setTriggerValue }) {
  const table = parentElement.querySelector("table");
  const { counts, labels, open } = data;
  const make = (tag, name, text = "") =>
    Object.assign(document.createElement(tag), { className: name, textContent: text });
  const heading = (name, label, scope) => {
    const node = make("th", name);
    node.append(make("span", "", label));
    node.title = label;
    node.scope = scope;
    return node;
  };
  const cell = (row, column) => {
    const count = counts[row][column];
    const right = row === column;
    const place = document.createElement("td");
    const tone = right ? "right" : "wrong";
    const words = right
      ? `${labels[row]}: ${count} right. Show the pictures.`
      : `${labels[row]}, answered ${labels[column]}: ${count}. Show the pictures.`;
    if (count === 0) {
      place.append(make("span", "none", "0"));
      return place;
    }
    const button = make("button", tone, String(count));
    button.type = "button";
    button.title = words;
    button.setAttribute("aria-label", words);
    const isOpen = open !== null && open[0] === row && open[1] === column;
    button.setAttribute("aria-pressed", String(isOpen));
    const whole = counts[row].reduce((sum, number) => sum + number, 0);
    button.style.setProperty("--share", String(count / whole));
    button.onclick = () => setTriggerValue("opened", [row, column]);
    place.append(button);
    return place;
  };

  const across = document.createElement("tr");
  const answered = make("th", "across", "answered");
  answered.colSpan = labels.length;
  across.append(make("td", ""), answered);
  const names = document.createElement("tr");
  names.append(make("td", "corner", "it is"), ...labels.map((label) => heading("top", label, "col")));
  const rows = labels.map((label, row) => {
    const line = document.createElement("tr");
    line.append(heading("side", label, "row"), ...labels.map((_, column) => cell(row, column)));
    return line;
  });
  const many = labels.length >= MANY;
  table.classList.toggle("many", many);
  table.classList.toggle("tall", many && labels.some((label) => label.length > LONG));
  table.replaceChildren(across, names, ...rows);
}
