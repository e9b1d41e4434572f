// Shows a picture with a drawing over it, and reports the pixel that is clicked or reached with the arrow keys.

const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

// Ids are the page's, not the drawing's: of two drawings with one name the second would lose its patterns and clips as
// soon as the first is hidden.  So every view has names of its own: by chance, since every widget loads this file anew
// and a count would begin again.
const withOwnIds = (drawing, view) =>
  drawing.replace(/(\sid="|url\(#|href="#)/g, (found) => `${found}picture${view}-`);

function render({ model, el }) {
  const view = Math.random().toString(36).slice(2);
  const frame = document.createElement("div");
  frame.className = "lab-picture";
  const image = document.createElement("img");
  image.tabIndex = 0;
  image.draggable = false;
  const drawing = document.createElement("div");
  drawing.className = "lab-picture-drawing";
  frame.append(image, drawing);
  el.append(frame);

  let shown = null; // the bytes on the screen
  let newest = 0;

  async function show() {
    image.alt = model.get("alt");
    image.style.imageRendering = model.get("smooth") ? "auto" : "pixelated";
    const bytes = model.get("png");
    const turn = ++newest;
    if (bytes !== shown) {
      const url = URL.createObjectURL(new Blob([bytes], { type: "image/png" }));
      const next = new Image();
      next.src = url;
      await next.decode().catch(() => {});
      // Swapped only once it is decoded, so nothing flickers; given up if a newer one has come meanwhile.
      if (turn !== newest) return URL.revokeObjectURL(url);
      URL.revokeObjectURL(image.src);
      image.src = url;
      shown = bytes;
    }
    drawing.innerHTML = withOwnIds(model.get("drawing"), view);
  }

  function choose(column, row) {
    const within = (value, size) => Math.min(Math.max(Math.floor(value), 0), size - 1);
    model.set("pixel", [within(column, model.get("columns")), within(row, model.get("rows"))]);
    model.save_changes();
  }

  function point(event) {
    const box = image.getBoundingClientRect();
    choose(
      ((event.clientX - box.left) / box.width) * model.get("columns"),
      ((event.clientY - box.top) / box.height) * model.get("rows"),
    );
  }

  image.addEventListener("pointerdown", (event) => {
    if (event.button || !event.isPrimary) return; // a right click, a second finger
    image.setPointerCapture(event.pointerId);
    point(event);
  });
  image.addEventListener("pointermove", (event) => {
    if (event.isPrimary && event.buttons & 1) point(event);
  });
  image.addEventListener("keydown", (event) => {
    const step = STEPS[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    const [column, row] = model.get("pixel");
    const stride = event.shiftKey ? 10 : 1;
    choose(column + stride * step[0], row + stride * step[1]);
  });

  const watched = ["png", "drawing", "alt", "smooth"].map((name) => `change:${name}`).join(" ");
  let queued = false;
  const queue = () => {
    // One message may change several properties: draw once, after the last.
    if (queued) return;
    queued = true;
    queueMicrotask(() => {
      queued = false;
      show();
    });
  };
  model.on(watched, queue);
  show();
  return () => {
    model.off(watched, queue);
    URL.revokeObjectURL(image.src);
  };
}

export default { render };
