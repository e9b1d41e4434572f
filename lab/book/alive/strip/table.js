// The strip's numbers: a line for each quantity and a column for each pixel; where the page is narrow, turned.

import { RULE, signed, text } from "../plot.js";
import { middle } from "./layout.js";

const LINE = 24; // from line to line

const lines = (reading) => [
  ["error m", "m", reading.errors.map((error) => signed(error, 2))],
  ["rank", "rank", reading.ranks.map((rank) => `${rank ?? "–"}`)],
  ["weight ΔJ", "ΔJ", reading.weights.map((weight, i) => (reading.ranks[i] ? `${weight}` : "–"))],
  ["m · ΔJ", "m · ΔJ", reading.contributions.map((each) => signed(each))],
  ["gradient: rule", "gradient", reading.gradient.map(String)],
  ["by nudging", "nudged", reading.nudged.map((each) => signed(each))],
  ["cross-entropy", "cr.-ent.", reading.crossEntropy.gradient.map((each) => signed(each))],
];

export const drawTable = (reading, layout, narrow) =>
  narrow ? drawTurned(reading, layout) : drawLines(reading, layout);

function drawLines(reading, layout) {
  const end = layout.left + layout.column * reading.errors.length;
  return lines(reading).map(([name, , numbers], row) => {
    const y = layout.table + LINE * row;
    const rule = row ? `<path d="M4 ${y - 16.5}H${end}" stroke="${RULE}"/>` : "";
    const number = (words, i) => text(middle(layout, i), y, words, { anchor: "middle", weight: bold(reading, i) });
    return rule + text(4, y, name, { size: 12 }) + numbers.map(number).join("");
  }).join("");
}

function drawTurned(reading, layout) {
  const columns = [40, 78, 114, 157, 208, 263, 325]; // their middles
  const small = { size: 12, anchor: "middle" };
  const head = lines(reading).map(([, name], n) => text(columns[n], layout.table, name, small)).join("");
  const rows = reading.errors.map((_, i) => {
    const y = layout.table + LINE * (i + 1);
    const weight = bold(reading, i);
    const numbers = lines(reading).map(([, , all], n) => text(columns[n], y, all[i], { ...small, weight }));
    const rule = `<path d="M2 ${y - 16.5}H358" stroke="${RULE}"/>`;
    return rule + text(2, y, `${i + 1}`, { size: 12, weight }) + numbers.join("");
  });
  return head + rows.join("");
}

const bold = ({ pixels }, i) => (i === pixels.chosen ? "bold" : "normal");
