// Where things are on the strip: one column for each pixel, and the Jaccard curve beside them.

import { Panel } from "../plot.js";
import { FARTHEST } from "./numbers.js";

export const [TOP, HEIGHT] = [34, 176]; // of the bars
export const BADGES = 228; // height of the letters' middle
export const PULLS = { top: 258, height: 64 };

const curve = (left, top, width) => new Panel(left, top, width, 250, [0, 1 + FARTHEST], [0, 1]);

export const WIDE = {
  width: 860, height: 508, left: 112, column: 57, names: 4, table: 352, curve: curve(634, 34, 212),
  entropy: "cross-ent.",
};

// Where the page is narrow the curve stands below, and the table has a line for each pixel; a bar is taken by its knob
// only (reach, px), so that a thumb beside it scrolls the page.
export const NARROW = {
  width: 360, height: 1024, left: 86, column: 34, names: 2, table: 362, curve: curve(58, 604, 286), reach: 26,
  entropy: "cr.-ent.",
};

export const bars = ({ left, column }, count) =>
  new Panel(left, TOP, column * count, HEIGHT, [0, count], [-FARTHEST, FARTHEST]);
export const pulls = ({ left, column }, count, highest) =>
  new Panel(left, PULLS.top, column * count, PULLS.height, [0, count], [0, highest]);

export const middle = ({ left, column }, i) => left + column * (i + 0.5);
export const logitAt = (layout, count, y) => bars(layout, count).back(0, y)[1];
export const levelAt = (layout, x) => layout.curve.back(x, 0)[0];
