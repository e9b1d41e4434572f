// The bandwidth bench without a kernel: what lab/widgets/bench/shell.py does in a notebook.

import { mount } from "../mount.js";
import { onNarrow, slot } from "../page.js";
import board from "../../../widgets/board/board.js";
import { describe, draw, layouts, sigmaFromDrag } from "./draw.js";
import { best, look, unpack } from "./numbers.js";

const KEY_STEP = 10 ** 0.01; // an arrow key changes a margin by 2.3 %

export default async function start(figure, packed) {
  const { drawing, controls } = slot(figure);
  const sample = unpack(packed);
  const { wide, narrow } = layouts(sample);
  let layout = wide;
  let state = sample.start;

  const { model } = await mount(board, drawing, { shapes: "", alt: "", said: "", width: 860, height: 500, event: {} });

  function show() {
    const bench = look(sample, state);
    const { width, height } = layout;
    arrange(sample, state, controls);
    model.set({ shapes: draw(sample, bench, layout), alt: describe(sample, bench), width, height });
  }

  const become = (change) => {
    state = { ...state, ...change };
    show();
  };
  const widen = (k, along, sigma) => {
    const within = Math.min(Math.max(sigma, sample.sigma[0]), sample.sigma[1]);
    become({ sigma: state.sigma.with(k, state.sigma[k].with(along, within)) });
  };

  model.on("change:event", (_, event) => {
    if (!event.handle || event.kind === "press") return;
    const [number, axis] = event.handle.split("-");
    const k = state.shared ? 0 : sample.objects.findIndex((object) => object.number === Number(number));
    const along = "xy".indexOf(axis);
    // Right and down, away from the centre, are wider, as are their opposites narrower.
    const steps = axis === "y" ? event.dx + event.dy : event.dx - event.dy;
    const dragged = event.kind === "drag" && sigmaFromDrag(sample, layout, event.handle, event.x, event.y);
    widen(k, along, event.kind === "drag" ? dragged : state.sigma[k][along] * KEY_STEP ** steps);
  });
  listen(sample, controls, become, widen);
  controls.best.addEventListener("click", () => become(best(sample, state)));
  onNarrow(figure, (little) => {
    layout = little ? narrow : wide;
    show();
  });
}

// What the controls outside the board do.
function listen({ objects }, controls, become, widen) {
  controls.noise.addEventListener("input", ({ target }) => become({ noise: target.valueAsNumber }));
  controls.bandwidths.addEventListener("change", ({ target }) => become({ shared: target.selectedIndex === 0 }));
  controls.shape.addEventListener("change", ({ target }) => become({ ellipse: target.selectedIndex === 1 }));
  objects.forEach((_, k) =>
    ["x", "y"].forEach((axis, along) => {
      const input = controls[`sigma-${k}-${axis}`];
      input.addEventListener("input", () => widen(k, along, 10 ** input.valueAsNumber));
    }),
  );
}

// The controls say what is shown; only the sliders that count are there, each under its name.
function arrange({ objects }, { noise, shared, ellipse, sigma }, controls) {
  controls.noise.value = noise;
  controls.noise.nextElementSibling.value = noise.toFixed(2);
  controls.bandwidths.selectedIndex = shared ? 0 : 1;
  controls.shape.selectedIndex = ellipse ? 1 : 0;
  objects.forEach(({ number, name }, k) =>
    ["x", "y"].forEach((axis, along) => {
      const input = controls[`sigma-${k}-${axis}`];
      const label = input.closest("label");
      label.hidden = (shared && k > 0) || (!ellipse && axis === "y");
      const whose = shared ? "both" : `${name} ${number}`;
      label.firstElementChild.textContent = `σ${ellipse ? `_${axis}` : ""}, ${whose} (px)`;
      input.value = Math.log10(sigma[k][along]);
      input.nextElementSibling.value = sigma[k][along].toFixed(1);
      input.setAttribute("aria-valuetext", `${sigma[k][along].toFixed(1)} px`);
    }),
  );
}
