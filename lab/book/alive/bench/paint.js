// The picture of what the margins claim: rightly in the object's colour, missed in chequers, wrongly in stripes.

export const ENLARGED = 3; // dots for each pixel, so that there is room for patterns
const MISSED = [20, 20, 20];
const WRONG = [213, 94, 0]; // ACCENT

export function paintClaims(sample, claims) {
  const { width, height, objects } = sample;
  sample.ground ??= enlargedGround(sample); // it never changes
  const painted = sample.ground.slice();
  for (let k = objects.length - 1; k >= 0; k--)
    for (let i = 0; i < width * height; i++) {
      const [own, claimed] = [objects[k].mask[i], claims[k].claimed[i]];
      if (!own && !claimed) continue;
      for (const [row, column] of dotsOf(i, width)) {
        const place = 3 * (row * width * ENLARGED + column);
        if (own && claimed) blend(painted, place, objects[k].rgb);
        else if (own ? isChequer(row, column) : isStripe(row, column)) painted.set(own ? MISSED : WRONG, place);
      }
    }
  return painted;
}

// One third of what is there, two of the colour.
function blend(painted, place, rgb) {
  for (let c = 0; c < 3; c++) painted[place + c] = Math.floor(painted[place + c] / 3) + Math.floor((rgb[c] * 2) / 3);
}

const isChequer = (row, column) => (Math.floor(row / 3) + Math.floor(column / 3)) % 2 === 0;
const isStripe = (row, column) => (row + column) % 6 < 4;

// Row and column of the dots of a pixel.
function dotsOf(i, width) {
  const [top, left] = [ENLARGED * Math.floor(i / width), ENLARGED * (i % width)];
  return Array.from({ length: ENLARGED ** 2 }, (_, n) => [top + Math.floor(n / ENLARGED), left + (n % ENLARGED)]);
}

// The picture, pale, every pixel as a square of dots.
function enlargedGround({ image, width, height }) {
  const ground = new Uint8Array(image.length * ENLARGED ** 2);
  for (let i = 0; i < width * height; i++)
    for (const [row, column] of dotsOf(i, width))
      for (let c = 0; c < 3; c++) ground[3 * (row * width * ENLARGED + column) + c] = (image[3 * i + c] >> 1) + 64;
  return ground;
}
