// The Lovász hinge of a handful of pixels, with all that the strip shows of it.  Pure.
// pixels = { logits, labels, chosen, level }: a positive logit says foreground, a true label is foreground.

export const FARTHEST = 2; // logits are kept in -2..2: errors are then at most 3
const STEP = 0.05; // what an arrow key moves; drags snap to it, so that ties can be met

// n / d in lowest terms.
export class Fraction {
  constructor(n, d = 1) {
    const divisor = gcd(Math.abs(n), d) || 1;
    [this.n, this.d] = [n / divisor, d / divisor];
  }

  minus(other) {
    return new Fraction(this.n * other.d - other.n * this.d, this.d * other.d);
  }

  times(whole) {
    return new Fraction(this.n * whole, this.d);
  }

  valueOf() {
    return this.n / this.d;
  }

  toString() {
    return `${this.n}${this.d > 1 ? `/${this.d}` : ""}`.replace("-", "−");
  }
}

const gcd = (a, b) => (b ? gcd(b, a % b) : a);
const sum = (numbers) => numbers.reduce((total, each) => total + each, 0);

// Σ relu(m) ΔJ over the pixels in descending order of their errors m = 1 - logit · sign, and where each stands.
export function lovasz(logits, labels) {
  const errors = logits.map((logit, i) => 1 - logit * (labels[i] ? 1 : -1));
  const order = [...errors.keys()].sort((a, b) => errors[b] - errors[a]); // in a tie the lower index first
  const losses = order.map((_, n) => jaccardLoss(order.slice(0, n + 1), labels));
  const weights = [];
  order.forEach((i, n) => (weights[i] = n ? losses[n].minus(losses[n - 1]) : losses[n]));
  const loss = sum(order.map((i) => Math.max(errors[i], 0) * weights[i]));
  const gradient = weights.map((weight, i) => weight.times(errors[i] > 0 ? (labels[i] ? -1 : 1) : 0));
  return { errors, order, losses, weights, loss, gradient };
}

// 1 - IoU when exactly these pixels are wrong: how many they are, over how many they and the foreground are.
export function jaccardLoss(wrong, labels) {
  const union = labels.filter((label) => label).length + wrong.filter((i) => !labels[i]).length;
  return wrong.length ? new Fraction(wrong.length, union) : new Fraction(0);
}

// The mean binary cross-entropy of the same logits, through a sigmoid, and its gradient.
export function crossEntropy(logits, labels) {
  const each = logits.map((logit, i) => Math.log1p(Math.exp(labels[i] ? -logit : logit)));
  const gradient = logits.map((logit, i) => (1 / (1 + Math.exp(-logit)) - labels[i]) / logits.length);
  return { loss: sum(each) / logits.length, gradient };
}

// The loss's slope along each logit, by trying: a little up, a little down.  On a fold it is the mean of both sides.
export function nudged(logits, labels, little = 1e-6) {
  const moved = (i, by) => lovasz(logits.with(i, logits[i] + by), labels).loss;
  return logits.map((_, i) => (moved(i, little) - moved(i, -little)) / (2 * little));
}

// All numbers for these pixels; one entry a pixel, in the pixels' own order, but for order and losses.
export function read(pixels) {
  const found = lovasz(pixels.logits, pixels.labels);
  const errors = found.errors.map((error) => Number(error.toFixed(6)));
  const ranks = errors.map((error, i) => (error > 0 ? found.order.indexOf(i) + 1 : null));
  return {
    ...found,
    pixels,
    errors,
    ranks,
    active: found.order.filter((i) => errors[i] > 0),
    contributions: errors.map((error, i) => Math.max(error, 0) * found.weights[i]),
    nudged: nudged(pixels.logits, pixels.labels),
    crossEntropy: crossEntropy(pixels.logits, pixels.labels),
    foreground: pixels.labels.filter((label) => label).length,
    wrong: errors.flatMap((error, i) => (error > pixels.level ? [i] : [])),
  };
}

// How many pixels are wrong at the level t, and the union that they make with the foreground.
export const atLevel = ({ wrong, foreground, pixels }) =>
  [wrong.length, foreground + wrong.filter((i) => !pixels.labels[i]).length];

export const moved = (pixels, i, logit) =>
  ({ ...pixels, logits: pixels.logits.with(i, snap(logit, -FARTHEST, FARTHEST)), chosen: i });
export const flipped = (pixels, i) => ({ ...pixels, labels: pixels.labels.with(i, !pixels.labels[i]), chosen: i });
export const cutAt = (pixels, level) => ({ ...pixels, level: snap(level, 0, 1 + FARTHEST) });

// To the nearest step, within the limits.
const snap = (value, low, high) =>
  Math.min(Math.max(Number((Math.round(value / STEP) * STEP).toFixed(2)), low), high);

export const byKey = (steps) => STEP * steps;
