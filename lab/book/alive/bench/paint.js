// The picture of what the margins claim: rightly in the object's colour, missed in chequers, wrongly in stripes.

export const ENLARGED = 3; // dots for each pixel, so that there is room for patterns
const MISSED = [20, 20, 20];
const WRONG = [213, 94, 0]; // ACCENT

export function paintClaims({ image, width, height, objects }, claims) {
  const columns = width * ENLARGED;
  const painted = new Uint8Array(3 * columns * height * ENLARGED);
  for (let i = 0; i < width * height; i++) {
    const ground = [0, 1, 2].map((c) => (image[3 * i + c] >> 1) + 64);
    const touched = objects.flatMap((object, k) => (object.mask[i] || claims[k].claimed[i] ? [k] : [])).reverse();
    const [top, left] = [ENLARGED * Math.floor(i / width), ENLARGED * (i % width)];
    for (let dot = 0; dot < ENLARGED ** 2; dot++) {
      const [row, column] = [top + Math.floor(dot / ENLARGED), left + (dot % ENLARGED)];
      const paint = (under, k) => paintDot(under, objects[k], i, claims[k].claimed[i], row, column);
      painted.set(touched.reduce(paint, ground), 3 * (row * columns + column));
    }
  }
  return painted;
}

function paintDot(dot, { mask, rgb }, i, claimed, row, column) {
  if (mask[i] && claimed) return dot.map((value, c) => Math.floor(value / 3) + Math.floor((rgb[c] * 2) / 3));
  const chequer = (Math.floor(row / 3) + Math.floor(column / 3)) % 2 === 0;
  if (mask[i] && chequer) return MISSED;
  return claimed && !mask[i] && (row + column) % 6 < 4 ? WRONG : dot;
}
