// The gallery: select pictures by mouse or keyboard, drag them onto a label, or press its number.
// Nothing reaches the server before an action.
// Names are set as text, never as HTML.
export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const root = parentElement.querySelector(".gallery");
  const bar = root.querySelector(".bar");
  const chips = root.querySelector(".chips");
  const grid = root.querySelector(".grid");
  const held = grid.contains(grid.getRootNode().activeElement);
  const state = (root.state ??= { chosen: new Set(), anchor: 0, focus: 0 });
  const items = data.items;
  const here = new Set(items.map((item) => item.id));
  state.chosen = new Set([...state.chosen].filter((id) => here.has(id)));
  state.focus = Math.min(state.focus, Math.max(items.length - 1, 0));

  const make = (tag, properties = {}, children = []) => {
    const node = Object.assign(document.createElement(tag), properties);
    node.append(...children);
    return node;
  };
  const act = (kind, value = null, ids = [...state.chosen]) => {
    if (!ids.length) return;
    if (kind !== "open") state.chosen.clear();
    setTriggerValue("action", { kind, ids, value });
  };

  const may = (wanted) => data.buttons.some(({ kind }) => kind === wanted);

  const menu = (words, kind, options) => {
    const select = make("select", { ariaLabel: words });
    select.append(make("option", { value: "", textContent: words }));
    for (const [value, text] of options) select.append(make("option", { value, textContent: text }));
    select.onchange = () => select.value && act(kind, select.value);
    select.onkeydown = (event) => {
      // On a closed list the arrows and letters would choose, and so act, at once: open it instead.
      if (event.key === "Tab" || event.key === "Escape" || event.key === "Shift") return;
      event.preventDefault();
      select.showPicker();
    };
    return select;
  };
  const button = (words, className, onclick, title = "") =>
    make("button", { type: "button", textContent: words, className, onclick, title,
      ariaLabel: title || null });

  const status = make("span", { className: "status", role: "status" });
  const all = button("", "", () => {
    const every = state.chosen.size < items.length;
    state.chosen = new Set(every ? items.map((item) => item.id) : []);
    update();
  });
  const actions = [
    ...data.menus.map(({ kind, words, options }) => menu(words, kind, options)),
    ...data.buttons.map(({ kind, value, words, title, danger, single }) => {
      const action = button(words, danger ? "danger" : "", () => act(kind, value ?? null), title);
      action.single = single;
      return action;
    }),
  ];
  bar.replaceChildren(status, all, ...actions);

  // A chip per label: click it to move what is selected, or drop pictures on it.
  const targets = [...data.labels, ["", "No label"]].map(([value, name], index) => {
    const number = index < 9 && value ? index + 1 : value ? null : 0;
    const chip = button("", "chip", () => act("label", value));
    if (number !== null) chip.append(make("kbd", { textContent: String(number) }));
    chip.append(make("span", { dir: "auto", textContent: name }));
    chip.ondragover = (event) => { event.preventDefault(); chip.classList.add("over"); };
    chip.ondragleave = () => chip.classList.remove("over");
    chip.ondrop = (event) => { event.preventDefault(); act("label", value); };
    return chip;
  });
  chips.replaceChildren(make("span", { textContent: "Move to" }), ...targets);
  const drag = (on) => { state.dragging = on; root.classList.toggle("dragging", on); update(); };

  const tiles = items.map((item, index) => {
    const tile = make("div", { className: item.small ? "tile small" : "tile", title: item.title });
    tile.setAttribute("role", "option");
    tile.setAttribute("aria-label", item.title);
    const name = make("span", { className: "name", dir: "auto", textContent: item.label });
    tile.append(
      make("img", { src: item.source, alt: "", loading: "lazy", draggable: false }),
      make("span", { className: "tick", ariaHidden: "true" }),
      make("div", { className: "words" }, [make("span", { className: `dot ${item.split}` }), name]),
    );
    if (item.flag) tile.append(make("span", { className: "flag", textContent: "!", title: item.flag }));
    tile.onclick = (event) => pick(index, event.shiftKey);
    tile.draggable = data.labels.length > 0;
    tile.ondragstart = (event) => {
      if (!state.chosen.has(item.id)) state.chosen = new Set([item.id]);
      event.dataTransfer.effectAllowed = "move";
      event.dataTransfer.setData("text/plain", `${state.chosen.size}`);
      // Chromium ends a drag whose element moves while it begins, as the chips would make it.
      setTimeout(() => drag(true));
    };
    tile.ondragend = () => drag(false);
    tile.ondblclick = () => may("open") && act("open", null, [item.id]);
    return tile;
  });
  grid.replaceChildren(...tiles);
  grid.setAttribute("aria-label", data.words);

  const extend = (from, to) => {
    for (let i = Math.min(from, to); i <= Math.max(from, to); i++) state.chosen.add(items[i].id);
  };
  const pick = (index, range) => {
    const id = items[index].id;
    if (range) extend(state.anchor, index);
    else if (state.chosen.has(id)) state.chosen.delete(id);
    else state.chosen.add(id);
    if (!range) state.anchor = index;
    go(index);
  };
  const go = (index) => {
    state.focus = Math.max(0, Math.min(index, items.length - 1));
    update();
    tiles[state.focus].focus();
  };
  // One picture after the other by number: what was labelled is left behind, the next is in focus.
  const label = (number) => {
    const value = number === 0 ? "" : data.labels[number - 1]?.[0];
    if (value === undefined) return;
    const ids = state.chosen.size ? [...state.chosen] : [items[state.focus].id];
    if (!state.chosen.size && data.stays) state.focus = Math.min(state.focus + 1, items.length - 1);
    act("label", value, ids);
  };
  const columns = () => getComputedStyle(grid).gridTemplateColumns.split(" ").length;
  const steps = () => ({
    ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns(), ArrowUp: -columns(),
    Home: -items.length, End: items.length,
  });
  grid.onkeydown = (event) => {
    const step = steps()[event.key];
    if (step !== undefined) {
      const from = state.focus;
      go(from + step);
      if (event.shiftKey) extend(from, state.focus);
      update();
    } else if (event.key === " ") pick(state.focus, event.shiftKey);
    else if (event.key === "Enter" && may("open")) act("open", null, [items[state.focus].id]);
    else if (event.key === "Delete" && may("delete")) act("delete");
    else if (/^[0-9]$/.test(event.key) && data.labels.length && !event.ctrlKey && !event.metaKey)
      label(Number(event.key));
    else if (event.key.toLowerCase() === "z" && (event.ctrlKey || event.metaKey))
      setTriggerValue("action", { kind: event.shiftKey ? "redo" : "undo", ids: [], value: null });
    else if (event.key === "Escape") { state.chosen.clear(); update(); }
    else if (event.key === "a" && (event.ctrlKey || event.metaKey)) {
      extend(0, items.length - 1);
      update();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };

  function update() {
    const number = state.chosen.size;
    status.textContent = number ? `${number} selected` : data.hint;
    all.textContent = number && number === items.length ? "Select none" : "Select all on this page";
    for (const action of actions) action.hidden = !number || (action.single && number > 1);
    const many = data.menus.some(({ kind }) => kind === "label");
    chips.hidden = !data.labels.length || !(state.dragging || (number && !many));
    tiles.forEach((tile, index) => {
      tile.setAttribute("aria-selected", String(state.chosen.has(items[index].id)));
      tile.tabIndex = index === state.focus ? 0 : -1;
    });
  }
  update();
  // Streamlit draws everything anew after an action; whoever works by keys goes on from here.
  if (held && items.length) tiles[state.focus].focus({ preventScroll: true });
}
