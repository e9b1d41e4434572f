// Shows an SVG drawing and reports what is done to the elements in it that carry data-handle.

const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const KEPT = 30; // events that travel along with the newest
const NAMESPACE = "http://www.w3.org/2000/svg";

// Ids are the page's, not the drawing's: of two drawings with one name the second would lose its patterns and clips as
// soon as the first is hidden.  So every view has names of its own: by chance, since every widget loads this file anew
// and a count would begin again.
const withOwnIds = (drawing, view) =>
  drawing.replace(/(\sid="|url\(#|href="#)/g, (found) => `${found}board${view}-`);

function render({ model, el }) {
  const view = Math.random().toString(36).slice(2);
  const svg = document.createElementNS(NAMESPACE, "svg");
  svg.setAttribute("class", "lab-board");
  svg.setAttribute("role", "group");
  // Must be there before its words change, else they are not read.
  const status = document.createElement("div");
  status.setAttribute("role", "status");
  status.className = "lab-board-said";
  // Not the drawing's own padding: places in the drawing are counted from its edge.
  const paper = document.createElement("div");
  paper.className = "lab-board-paper";
  paper.append(svg);
  el.append(paper, status);

  let said = "";
  let held = null; // what the pointer went down on

  const handleOf = (element) => element.closest?.("[data-handle]")?.dataset.handle ?? "";
  const find = (name) => svg.querySelector(`[data-handle="${CSS.escape(name)}"]`);

  function show() {
    const [width, height] = [model.get("width"), model.get("height")];
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    paper.style.maxWidth = `${width}px`; // and its padding around that
    svg.setAttribute("aria-label", model.get("alt"));
    const focused = svg.contains(document.activeElement) ? handleOf(document.activeElement) : null;
    svg.innerHTML = withOwnIds(model.get("shapes"), view);
    for (const handle of svg.querySelectorAll("[data-handle]")) handle.setAttribute("tabindex", "0");
    if (focused) find(focused)?.focus({ preventScroll: true });
    if (said !== model.get("said")) status.innerHTML = said = model.get("said");
  }

  function report(kind, handle, place, step, start = [0, 0]) {
    const [x, y] = place;
    const [dx, dy] = step;
    const [start_x, start_y] = start;
    // While the kernel is at work, messages are merged and only the newest is sent. For a drag that is right; but
    // no step of a key and no press may get lost, so the last ones travel along.
    const { earlier = [], ...last } = model.get("event");
    const sameDrag = last.handle === handle && last.start_x === start_x && last.start_y === start_y;
    const same = last.count === undefined || (kind === "drag" && last.kind === "drag" && sameDrag);
    const before = same ? earlier : [...earlier, last].slice(-KEPT);
    const count = (last.count ?? 0) + 1;
    model.set("event", { kind, handle, x, y, dx, dy, start_x, start_y, count, earlier: before });
    model.save_changes();
  }

  function placeOf(event) {
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    return [at.x, at.y];
  }

  svg.addEventListener("pointerdown", (event) => {
    if (event.button || !event.isPrimary) return; // a right click, a second finger
    const from = [event.clientX, event.clientY];
    held = { handle: handleOf(event.target), from, start: placeOf(event), moved: false };
    svg.setPointerCapture(event.pointerId);
    if (held.handle) {
      event.preventDefault(); // else a drag selects text
      find(held.handle)?.focus({ preventScroll: true });
    }
  });
  svg.addEventListener("pointermove", (event) => {
    if (held === null || !event.isPrimary || !(event.buttons & 1)) return;
    // A hand trembles: what moves less than this is a press.
    held.moved ||= Math.hypot(event.clientX - held.from[0], event.clientY - held.from[1]) > 3;
    if (held.moved) report("drag", held.handle, placeOf(event), [0, 0], held.start);
  });
  svg.addEventListener("pointerup", (event) => {
    if (event.button || !event.isPrimary) return;
    if (held && !held.moved) report("press", held.handle, placeOf(event), [0, 0], held.start);
    held = null;
  });
  svg.addEventListener("pointercancel", (event) => {
    if (event.isPrimary) held = null;
  });
  svg.addEventListener("keydown", (event) => {
    const handle = handleOf(event.target);
    if (!handle) return;
    const step = STEPS[event.key];
    if (!step && event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    event.stopPropagation();
    if (!step) return report("press", handle, [0, 0], [0, 0]);
    const stride = event.shiftKey ? 10 : 1;
    report("key", handle, [0, 0], [stride * step[0], stride * step[1]]);
  });

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
  const watched = ["shapes", "alt", "said", "width", "height"].map((name) => `change:${name}`).join(" ");
  model.on(watched, queue);
  show();
  return () => model.off(watched, queue);
}

export default { render };
