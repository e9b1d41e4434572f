// The strip as SVG: bars and errors, labels to flip, gradients, numbers, and the Jaccard curve whose area is the loss.
// In the wide layout it is, but for one line, to the letter what lab/widgets/strip draws.

import { ACCENT, fixed, GOOD, GREY, INK, signed, slider, text } from "../plot.js";
import { BADGES, bars, middle, NARROW, PULLS, pulls, TOP } from "./layout.js";
import { atLevel, FARTHEST } from "./numbers.js";
import { drawTable } from "./table.js";
import { tellLevel } from "./words.js";

const HATCH =
  '<pattern id="strip-hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">' +
  `<rect width="6" height="6" fill="#ececec"/><path d="M0 0V6" stroke="${GREY}" stroke-width="2.4"/></pattern>`;
const HATCHED = "url(#strip-hatch)";
const BAR = 26; // width of a bar
const ROOM = 13; // px: a slab that is thinner has its number beside it
export function draw(reading, layout) {
  const count = reading.errors.length;
  const narrow = layout === NARROW;
  const title = narrow ? "logit; thick: target; dashed: error" : "logit of each pixel, and its target (thick line); dashed: the error";
  const each = (drawOne) => reading.errors.map((_, i) => drawOne(reading, layout, i)).join("");
  return [
    `<defs>${HATCH}</defs>`,
    drawChosen(reading, layout),
    bars(layout, count).frame(title, "", "", [], [-2, -1, 0, 1, 2], true),
    each(drawBar),
    each(drawBadge),
    drawPulls(reading, layout),
    drawTable(reading, layout, narrow),
    drawCurve(reading, layout.curve),
    drawSums(reading, layout.curve),
  ].join("");
}

// A pale ground under the column of the pixel that was touched last.
function drawChosen({ pixels }, { left, column, height, reach }) {
  const deep = (reach ? PULLS.top + PULLS.height + 8 : height) - TOP - 8;
  return `<rect x="${left + column * pixels.chosen}" y="${TOP}" width="${column}" height="${deep}" fill="#fdf1e7"/>`;
}

// The logit as a bar, its target at +1 or -1, and the error: the way from the one to the other.
function drawBar({ pixels, errors }, layout, i) {
  const [label, logit] = [pixels.labels[i], pixels.logits[i]];
  const panel = bars(layout, errors.length);
  const x = middle(layout, i);
  const [end, zero, target] = [logit, 0, label ? 1 : -1].map((value) => panel.at(0, value)[1]);
  const wide = Math.min(BAR, layout.column - 14);
  const taken = layout.reach
    ? `y="${fixed(end - layout.reach, 1)}" width="${layout.column}" height="${2 * layout.reach}"`
    : `y="${panel.top}" width="${layout.column}" height="${panel.height}"`;
  let shapes =
    `<rect x="${fixed(x - layout.column / 2, 1)}" ${taken} fill="transparent"/>` +
    `<rect x="${fixed(x - wide / 2, 1)}" y="${fixed(Math.min(end, zero), 1)}" width="${wide}" ` +
    `height="${fixed(Math.max(Math.abs(end - zero), 1.5), 1)}" fill="${label ? GOOD : HATCHED}" stroke="${INK}"/>` +
    `<path d="M${fixed(x - wide / 2 - 7, 1)} ${fixed(target, 1)}h${wide + 14}" stroke="${INK}" stroke-width="2.5"/>`;
  if (errors[i] > 0) {
    const way = `M${fixed(x + wide / 2 + 5, 1)} ${fixed(end, 1)}V${fixed(target, 1)}`;
    shapes += `<path d="${way}" stroke="${ACCENT}" stroke-width="3" stroke-dasharray="4 2"/>`;
  }
  shapes += `<circle cx="${fixed(x, 1)}" cy="${fixed(end, 1)}" r="6" fill="white" stroke="${INK}" stroke-width="2"/>`;
  const value = `logit ${signed(logit, 2)}, error ${signed(errors[i], 2)}`;
  const name = `pixel ${i + 1}, ${label ? "foreground" : "background"}`;
  return slider(`bar${i}`, shapes, name, value, [-FARTHEST, logit, FARTHEST]);
}

// Number and letter of a pixel, ringed if its error is above t; pressing it flips the label.
function drawBadge({ pixels, errors }, layout, i) {
  const label = pixels.labels[i];
  const x = middle(layout, i);
  const wide = Math.min(42, layout.column - 4);
  const [ground, ink] = label ? [GOOD, "white"] : ["#ececec", INK];
  const [edge, width] = errors[i] > pixels.level ? [ACCENT, 4] : [INK, 1];
  const shapes =
    `<rect x="${fixed(x - wide / 2, 1)}" y="${BADGES - 12}" width="${wide}" height="24" rx="5" fill="${ground}" ` +
    `stroke="${edge}" stroke-width="${width}"/>` +
    text(x, BADGES + 5, `${i + 1} ${label ? "F" : "B"}`, { anchor: "middle", colour: ink, weight: "bold" });
  const words = `label of pixel ${i + 1}: foreground; press Enter to flip it`;
  return `<g data-handle="label${i}" role="switch" aria-checked="${label}" aria-label="${words}">${shapes}</g>`;
}

// Size of each logit's gradient, Lovász beside cross-entropy, on one scale.
function drawPulls({ gradient, crossEntropy }, layout) {
  const sizes = [gradient, crossEntropy.gradient].map((each) => each.map((g) => Math.abs(g)));
  const highest = Math.max(...sizes[0]) > 0.5 ? 1 : 0.5;
  const panel = pulls(layout, gradient.length, highest);
  const bar = (size, i, shift, fill) => {
    const [, y] = panel.at(0, Math.min(size, highest));
    const height = fixed(panel.top + panel.height - y, 1);
    const x = fixed(middle(layout, i) + shift, 1);
    return `<rect x="${x}" y="${fixed(y, 1)}" width="14" height="${height}" fill="${fill}" stroke="${INK}"/>`;
  };
  const { names } = layout;
  const key = (y, words, fill) =>
    `<rect x="${names}" y="${PULLS.top + y}" width="12" height="12" fill="${fill}" stroke="${INK}"/>` +
    text(names + 17, PULLS.top + y + 11, words, { size: 12 });
  return [
    panel.frame("", "", "", [], [0, highest], true),
    ...sizes[0].map((size, i) => bar(size, i, -15, INK)),
    ...sizes[1].map((size, i) => bar(size, i, 1, HATCHED)),
    text(names, PULLS.top + 16, "|gradient|", { size: 12 }),
    key(28, "Lovász", INK) + key(48, "cross-ent.", HATCHED),
  ].join("");
}

// The slabs, the staircase around them and the level t as a handle.
function drawCurve(reading, curve) {
  const slabs = reading.active.map((i, n) => drawSlab(reading, curve, i, n)).join("");
  const chosen = reading.ranks[reading.pixels.chosen];
  const title = curve.frame("J of the errors above t", "t", "J = 1 − IoU", [0, 1, 2, 3], [0, 0.5, 1]);
  return title + slabs + curve.line(staircase(reading), INK, 2) + (chosen ? drawOutline(reading, curve, chosen - 1) : "") + drawLevel(reading, curve);
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
  const ground = `<rect x="${fixed(x - 2, 1)}" y="${fixed(y - 6, 1)}" width="12" height="12" fill="white" fill-opacity="0.85"/>`;
  const number = (inside && !label ? ground : "") + text(x, y + 4.5, `${i + 1}`, { size: 12, weight: "bold" });
  const box = `x="${fixed(left, 1)}" y="${fixed(top, 1)}" width="${fixed(width, 1)}" height="${fixed(height, 1)}"`;
  return `<rect ${box} fill="${fill}" fill-opacity="${opacity}" stroke="${INK}" stroke-width="0.7"/>` + (height >= 7 ? number : "");
}

// Around the slab of the pixel under the hand.
function drawOutline(reading, curve, n) {
  const [left, top, width, height] = slab(reading, curve, n);
  const box = `x="${fixed(left, 1)}" y="${fixed(top, 1)}" width="${fixed(width, 1)}" height="${fixed(Math.max(height, 1), 1)}"`;
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
    `<rect x="${fixed(left - 2, 1)}" y="${fixed(above - 12, 1)}" width="${9 * words.length + 4}" height="16" fill="white" ` +
    `fill-opacity="0.9"/>${text(left, above, words)}`;
  return label + slider("level", shapes, "level t", tellLevel(reading), [0, level, 1 + FARTHEST]);
}

// Below the curve: the area, and what else the same pixels are worth.
function drawSums({ loss, pixels, gradient, crossEntropy }, curve) {
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
