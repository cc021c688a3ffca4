// A row of little pictures on a card, or a word where there are none.
export default function (component) {
  const { data, parentElement } = component;
  const cover = parentElement.querySelector(".cover");
  cover.setAttribute("aria-label", data.words);
  const images = data.pictures.map((source) => {
    const image = document.createElement("img");
    image.onload = () => image.classList.toggle("small", image.naturalWidth < 60);
    return Object.assign(image, { src: source, alt: "" });
  });
  const none = Object.assign(document.createElement("span"), {
    className: "none", textContent: "No pictures yet",
  });
  cover.replaceChildren(...(images.length ? images : [none]));
}
