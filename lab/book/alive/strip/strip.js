// The Lovász strip without a kernel: what lab/widgets/strip/shell.py does in a notebook.

import { mount } from "../mount.js";
import { onNarrow, slot } from "../page.js";
import board from "../../../widgets/board/board.js";
import { draw } from "./draw.js";
import { levelAt, logitAt, NARROW, WIDE } from "./layout.js";
import { byKey, cutAt, flipped, moved, read } from "./numbers.js";
import { describe, tellEvent, tellMove, tellTie } from "./words.js";

export default async function start(figure, { presets }) {
  const { drawing, words, controls } = slot(figure);
  let layout = WIDE;
  const first = () => read(presets[controls.preset.value]); // a page that is loaded anew may remember another choice
  let reading = first();
  let [before, lastEvent] = [reading, ""];

  const { model } = await mount(board, drawing, { shapes: "", alt: "", said: "", width: 860, height: 508, event: {} });

  function show() {
    const lines = [lastEvent, tellMove(before, reading), tellTie(reading)];
    words.replaceChildren(...lines.map(paragraph));
    const { width, height } = layout;
    model.set({ shapes: draw(reading, layout), alt: describe(reading), said: lines.join(" "), width, height });
  }

  function become(pixels) {
    [before, reading] = [reading, read(pixels)];
    lastEvent = (before.pixels.logits.length === pixels.logits.length && tellEvent(before, reading)) || lastEvent;
    show();
  }

  function begin() {
    before = reading = first();
    lastEvent = "";
    show();
  }

  model.on("change:event", (_, event) => {
    const after = follow(reading.pixels, event, layout);
    if (after) become(after);
  });
  controls.preset.addEventListener("change", begin);
  controls.again.addEventListener("click", begin);
  onNarrow(figure, (narrow) => {
    layout = narrow ? NARROW : WIDE;
    show();
  });
}

function paragraph(line) {
  const element = document.createElement("div");
  element.textContent = line || "\u00a0"; // a line that says nothing keeps its place
  return element;
}

// The pixels after what the hand did on the board; nothing if it did nothing.
function follow(pixels, { kind, handle, x, y, dx, dy }, layout) {
  const [, part, number] = handle.match(/^([a-z]*)(\d*)$/);
  const i = Number(number);
  const drag = kind === "drag";
  if (part === "bar") {
    const logit = drag ? logitAt(layout, pixels.logits.length, y) : pixels.logits[i];
    return moved(pixels, i, logit - byKey(dy));
  }
  if (part === "label" && kind === "press") return flipped(pixels, i);
  if (part === "level") return cutAt(pixels, drag ? levelAt(layout, x) : pixels.level + byKey(dx));
  return null;
}
