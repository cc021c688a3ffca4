// Pictures beside their changed views. Images keep their place while their source changes, so
// nothing flickers when an answer changes. Labels are set as text, never as HTML.
const SMALL = 100; // pixels: below this a picture is shown with its pixels as squares, not blurred

export default function ({ data, parentElement }) {
  const table = parentElement.querySelector("table");
  const columns = data.heads.length;
  const head = table.tHead ?? table.createTHead();
  fit(head, 1, (section) => section.insertRow());
  const titles = head.rows[0];
  while (titles.cells.length > columns) titles.deleteCell(-1);
  while (titles.cells.length < columns) titles.append(document.createElement("th"));
  data.heads.forEach((words, index) => { titles.cells[index].textContent = words; });
  const body = table.tBodies[0] ?? table.createTBody();
  fit(body, data.rows.length, (section) => section.insertRow());
  data.rows.forEach((row, index) => show(body.rows[index], row, data.heads));
}

function fit(section, wanted, add) {
  while (section.rows.length > wanted) section.deleteRow(-1);
  while (section.rows.length < wanted) add(section);
}

function show(line, row, heads) {
  while (line.cells.length > heads.length) line.deleteCell(-1);
  while (line.cells.length < heads.length) line.insertCell().append(document.createElement("img"));
  row.pictures.forEach((source, index) => {
    const image = line.cells[index].firstChild;
    const words = `${row.label}: ${heads[index]}`;
    image.onload = () => image.classList.toggle("small", image.naturalWidth < SMALL);
    image.alt = words;
    image.title = words;
    if (image.src !== source) image.src = source;
  });
}
