// The parts of a figure on its page, as lab/book/alive/figures.py writes them.

// drawing: where the still picture stands; words: a place for sentences; controls: inputs and buttons by name.
export function slot(figure) {
  const [drawing, words] = ["drawing", "words"].map((part) => figure.querySelector(`[data-part="${part}"]`));
  const named = [...figure.querySelectorAll("[data-control]")].map((control) => [control.dataset.control, control]);
  return { drawing, words, controls: Object.fromEntries(named) };
}

const NARROW = 640; // px; the same in alive.css

// Calls with true or false, at once and whenever it changes: whether the figure has so little room that its panels have
// to stand below one another.
export function onNarrow(figure, listen) {
  let narrow = figure.clientWidth < NARROW;
  listen(narrow);
  new ResizeObserver(() => {
    if (narrow !== figure.clientWidth < NARROW) listen((narrow = !narrow));
  }).observe(figure);
}

// An RGB picture, three bytes a pixel, as the address of a PNG.
export function pngOf(rgb, width, height) {
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < 3; c++) image.data[4 * i + c] = rgb[3 * i + c];
    image.data[4 * i + 3] = 255;
  }
  context.putImageData(image, 0, 0);
  return canvas.toDataURL();
}
