// The bandwidth bench's numbers: what two Gaussians claim, and what the loss says of it.  Pure; positions in px.
// state = { noise, shared, ellipse, sigma: [[x, y], [x, y]] }: offset error as a share of the object's size; one σ for
// both; a σ for each axis; σ in px of both objects, as their sliders stand.

export const MARGIN_PER_SIGMA = Math.sqrt(2 * Math.log(2));
const PIXELS_PER_UNIT = 1024;
const FAINT = 1e-9; // a pixel of the background with less membership adds nothing that can be seen to the loss

// The sample as lab/book/alive/samples.py packs it, with each object's pixels listed.
export function unpack({ objects, image, ...rest }) {
  const { width, height } = rest;
  return {
    ...rest,
    image: new Uint8Array(image.buffer),
    objects: objects.map(({ mask, error, ...object }) => {
      const bits = new Uint8Array(mask.buffer);
      const inside = Uint8Array.from({ length: width * height }, (_, i) => (bits[i >> 3] >> (7 - (i & 7))) & 1);
      const own = [...inside.keys()].filter((i) => inside[i]);
      return { ...object, mask: inside, own, error: new Float32Array(error.buffer) };
    }),
  };
}

// Where every pixel points to: an object's to its centroid, but for an error; all others to themselves.
export function embed({ width, height, objects }, noise) {
  const x = Float64Array.from({ length: width * height }, (_, i) => i % width);
  const y = Float64Array.from({ length: width * height }, (_, i) => Math.floor(i / width));
  for (const { own, error, centroid, size } of objects)
    own.forEach((i, n) => {
      x[i] = centroid[0] + noise * size[0] * error[n];
      y[i] = centroid[1] + noise * size[1] * error[own.length + n];
    });
  return { x, y };
}

// (σ_x, σ_y) of both objects as the two switches leave them.
export const effectiveSigma = ({ shared, ellipse, sigma }) =>
  sigma.map((own, k) => (shared ? sigma[0] : own)).map(([x, y]) => [x, ellipse ? y : x]);

export function look(sample, state) {
  const embedding = embed(sample, state.noise);
  const sigmas = effectiveSigma(state);
  const claims = sample.objects.map((object, k) => claim(embedding, object, sigmas[k]));
  const mean = (name) => claims.reduce((sum, each) => sum + each[name], 0) / claims.length;
  return { state, embedding, claims, meanIou: mean("iou"), instanceTerm: mean("hinge") };
}

// One object's membership, what it claims, overlap, hinge, and the names of its width.
export function claim(embedding, { mask, centroid }, sigma) {
  const bandwidth = sigma.map((s) => -Math.log(2 * (s / PIXELS_PER_UNIT) ** 2) / 10);
  const sharpness = bandwidth.map((b) => Math.exp(10 * b));
  const phi = membership(embedding, centroid, sharpness);
  const claimed = phi.map((p) => (p > 0.5 ? 1 : 0));
  const count = (chosen) => mask.reduce((sum, own, i) => sum + chosen(own, claimed[i]), 0);
  return {
    sigma, bandwidth, sharpness, claimed,
    margin: sharpness.map((kappa) => PIXELS_PER_UNIT * Math.sqrt(Math.log(2) / kappa)),
    iou: count((own, c) => own & c) / count((own, c) => own | c),
    hinge: lovaszHinge(phi, mask),
  };
}

// φ = exp(-Σ κ d²), with d in units of 1024 px.
function membership({ x, y }, [left, top], [kappaX, kappaY]) {
  const [perX, perY] = [kappaX / PIXELS_PER_UNIT ** 2, kappaY / PIXELS_PER_UNIT ** 2];
  return x.map((_, i) => Math.exp(-perX * (x[i] - left) ** 2 - perY * (y[i] - top) ** 2));
}

// The Lovász hinge on 2φ - 1 against a mask that is not empty: an error is 2 - 2φ inside, 2φ outside.  With f and b
// foreground and background pixels up to this one and G in all, 1 - IoU grows by 1 / (G + b) or by
// (G - f) / ((G + b)(G + b - 1)).
export function lovaszHinge(phi, mask) {
  const errors = phi.map((p, i) => (mask[i] ? 2 - 2 * p : 2 * p));
  const near = [...mask.keys()].filter((i) => mask[i] || phi[i] > FAINT);
  const order = Uint32Array.from(near).sort((i, j) => errors[j] - errors[i]);
  const all = mask.reduce((sum, own) => sum + own, 0);
  let [loss, right, union] = [0, all, all];
  for (const i of order) {
    if (mask[i]) right -= 1;
    else union += 1;
    loss += errors[i] * (mask[i] ? 1 / union : right / (union * (union - 1)));
  }
  return loss;
}

// The state with the σ of the highest mean IoU that its two switches allow, out of a grid.
export function best(sample, state) {
  const tables = sample.objects.map((object) => iousOnGrid(sample, embed(sample, state.noise), object));
  const { grid } = sample;
  const pairs = grid.flatMap((_, i) => grid.map((_, j) => [i, j])).filter(([i, j]) => state.ellipse || i === j);
  const mean = ([i, j]) => tables.reduce((sum, table) => sum + table[i][j], 0);
  const highest = (value) => pairs.reduce((top, pair) => (value(pair) > value(top) ? pair : top));
  const places = tables.map((table) => highest(state.shared ? mean : ([i, j]) => table[i][j]));
  return { ...state, sigma: places.map((pair) => pair.map((i) => grid[i])) };
}

// IoU of one object with what a Gaussian around its centroid claims, for every σ_x and σ_y of the grid.
function iousOnGrid({ grid }, { x, y }, { mask, own, centroid }) {
  const reach = grid.map((sigma) => (sigma * MARGIN_PER_SIGMA) ** 2);
  const farthest = reach.at(-1);
  const near = [];
  for (let i = 0; i < x.length; i++) {
    const [a, b] = [(x[i] - centroid[0]) ** 2, (y[i] - centroid[1]) ** 2];
    if (a < farthest && b < farthest) near.push([a, b, mask[i]]);
  }
  const iou = (rx, ry) => {
    let [hits, claimed] = [0, 0];
    for (const [a, b, inside] of near) if (a / rx + b / ry < 1) (claimed += 1), (hits += inside);
    return hits / (claimed + own.length - hits);
  };
  return reach.map((rx) => reach.map((ry) => iou(rx, ry)));
}
