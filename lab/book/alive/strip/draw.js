// The strip as SVG: bars and errors, labels to flip, gradients, numbers; the curve is in curve.js.  In the wide layout
// it is, but for one line, to the letter what lab/widgets/strip draws.

import { ACCENT, fixed, GOOD, INK, signed, slider, text } from "../plot.js";
import { drawCurve, drawSums, HATCH, HATCHED } from "./curve.js";
import { BADGES, bars, middle, NARROW, PULLS, pulls, TOP } from "./layout.js";
import { FARTHEST } from "./numbers.js";
import { drawTable } from "./table.js";

const TITLE = "logit of each pixel, and its target (thick line); dashed: the error";
const SHORT_TITLE = "logit; thick: target; dashed: error";
const BAR = 26; // width of a bar

export function draw(reading, layout) {
  const count = reading.errors.length;
  const narrow = layout === NARROW;
  const title = narrow ? SHORT_TITLE : TITLE;
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
  const { names, entropy } = layout;
  const key = (y, words, fill) =>
    `<rect x="${names}" y="${PULLS.top + y}" width="12" height="12" fill="${fill}" stroke="${INK}"/>` +
    text(names + 17, PULLS.top + y + 11, words, { size: 12 });
  return [
    panel.frame("", "", "", [], [0, highest], true),
    ...sizes[0].map((size, i) => bar(size, i, -15, INK)),
    ...sizes[1].map((size, i) => bar(size, i, 1, HATCHED)),
    text(names, PULLS.top + 16, "|gradient|", { size: 12 }),
    key(28, "Lovász", INK) + key(48, entropy, HATCHED),
  ].join("");
}
