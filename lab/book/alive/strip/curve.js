// The Jaccard curve: 1 - IoU of the pixels whose error is above t, and the area under it cut into slabs.

import { ACCENT, fixed, GOOD, GREY, INK, slider, text } from "../plot.js";
import { atLevel, FARTHEST } from "./numbers.js";
import { tellLevel } from "./words.js";

export const HATCH =
  '<pattern id="strip-hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">' +
  `<rect width="6" height="6" fill="#ececec"/><path d="M0 0V6" stroke="${GREY}" stroke-width="2.4"/></pattern>`;
export const HATCHED = "url(#strip-hatch)"; // background; foreground is plain blue
const ROOM = 13; // px: a slab that is thinner has its number beside it

const at = (x, y) => `x="${fixed(x, 1)}" y="${fixed(y, 1)}"`;
const sized = (width, height) => `width="${fixed(width, 1)}" height="${fixed(height, 1)}"`;

// The slabs, the staircase around them and the level t as a handle.
export function drawCurve(reading, curve) {
  const slabs = reading.active.map((i, n) => drawSlab(reading, curve, i, n)).join("");
  const rank = reading.ranks[reading.pixels.chosen];
  return [
    curve.frame("J of the errors above t", "t", "J = 1 − IoU", [0, 1, 2, 3], [0, 0.5, 1]),
    slabs,
    curve.line(staircase(reading), INK, 2),
    rank ? drawOutline(reading, curve, rank - 1) : "",
    drawLevel(reading, curve),
  ].join("");
}

// t and J along the curve, from its right end to t = 0.
function staircase({ active, errors, losses }) {
  let high = 0;
  const steps = active.flatMap((i, n) => [[errors[i], high], [errors[i], (high = +losses[n])]]);
  return [[1 + FARTHEST, 0], ...steps, [0, high]];
}

// Left, top, width and height: as long as the pixel's error, as thick as its weight.
function slab({ active, errors, losses }, curve, n) {
  const [left, bottom] = curve.at(0, n ? +losses[n - 1] : 0);
  const [right, top] = curve.at(errors[active[n]], +losses[n]);
  return [left, top, right - left, bottom - top];
}

// One pixel's share of the area, with its number.
function drawSlab(reading, curve, i, n) {
  const [left, top, width, height] = slab(reading, curve, n);
  if (height < 0.5) return ""; // without weight
  const label = reading.pixels.labels[i];
  const [fill, opacity] = label ? [GOOD, 0.35] : [HATCHED, 0.8];
  const inside = height >= ROOM && width > 18;
  const [x, y] = [inside ? left + 4 : left + width + 4, top + height / 2];
  const ground = `<rect ${at(x - 2, y - 6)} width="12" height="12" fill="white" fill-opacity="0.85"/>`;
  const number = (inside && !label ? ground : "") + text(x, y + 4.5, `${i + 1}`, { size: 12, weight: "bold" });
  const shape =
    `<rect ${at(left, top)} ${sized(width, height)} fill="${fill}" fill-opacity="${opacity}" stroke="${INK}" ` +
    'stroke-width="0.7"/>';
  return shape + (height >= 7 ? number : "");
}

// Around the slab of the pixel under the hand.
function drawOutline(reading, curve, n) {
  const [left, top, width, height] = slab(reading, curve, n);
  const box = `${at(left, top)} ${sized(width, Math.max(height, 1))}`;
  return `<rect ${box} fill="none" stroke="${ACCENT}" stroke-width="3"/>`;
}

// The level t: a line that can be moved; on the curve a knob, and beside it what 1 - IoU is there.
function drawLevel(reading, curve) {
  const [wrong, union] = atLevel(reading);
  const { level } = reading.pixels;
  const [x, y] = curve.at(level, union ? wrong / union : 0);
  const bottom = curve.top + curve.height;
  const words = wrong ? `${wrong}/${union}` : "0";
  const left = x + 9 - (level > 2.5 ? 46 : 0);
  const above = y > curve.top + 12 ? y - 7 : y + 17; // never on the title
  const shapes =
    `<rect x="${fixed(x - 9, 1)}" y="${curve.top}" width="18" height="${curve.height}" fill="transparent"/>` +
    `<path d="M${fixed(x, 1)} ${curve.top}V${bottom}" stroke="${GREY}" stroke-width="1.5" stroke-dasharray="5 3"/>` +
    `<circle cx="${fixed(x, 1)}" cy="${fixed(y, 1)}" r="6" fill="white" stroke="${INK}" stroke-width="2"/>`;
  const label =
    `<rect ${at(left - 2, above - 12)} width="${9 * words.length + 4}" height="16" fill="white" fill-opacity="0.9"/>` +
    text(left, above, words);
  return label + slider("level", shapes, "level t", tellLevel(reading), [0, level, 1 + FARTHEST]);
}

// Below the curve: the area, and what else the same pixels are worth.
export function drawSums({ loss, pixels, gradient, crossEntropy }, curve) {
  const [left, top] = [curve.left - 46, curve.top + curve.height + 62];
  const total = gradient.reduce((sum, each) => sum.minus(each.times(each < 0 ? 1 : -1)), gradient[0].times(0));
  const pull = crossEntropy.gradient.reduce((sum, each) => sum + Math.abs(each), 0);
  const lines = [
    `area = loss = ${fixed(loss, 3)}`,
    `as a crisp mask: 1 − IoU = ${asCrispMask(pixels)}`,
    `sum of |gradient|: ${total}${total.d > 1 ? ` = ${fixed(+total, 3)}` : ""}`,
    "cross-entropy, mean over pixels:",
    `${fixed(crossEntropy.loss, 3)}, sum of |gradient|: ${fixed(pull, 3)}`,
  ];
  const style = (n) => ({ size: 12.5, weight: n ? "normal" : "bold" });
  return lines.map((words, n) => text(left, top + 24 * n, words, style(n))).join("");
}

// 1 - IoU of the mask in which every pixel with a logit above 0 is foreground, not reduced: 2/4.
function asCrispMask({ logits, labels }) {
  const wrong = logits.filter((logit, i) => logit > 0 !== labels[i]).length;
  const union = logits.filter((logit, i) => logit > 0 || labels[i]).length;
  return union ? `${wrong}/${union}` : "0";
}
