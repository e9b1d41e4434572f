// What has just happened on the strip, in a sentence; word by word those of lab/widgets/strip/words.py.

import { fixed, signed } from "../plot.js";
import { atLevel } from "./numbers.js";

// Pixels as they are numbered on the strip: "2, 3 and 6".
function names(indices) {
  const numbers = indices.map((i) => i + 1);
  return numbers.length < 2 ? `${numbers[0]}` : `${numbers.slice(0, -1).join(", ")} and ${numbers.at(-1)}`;
}

const equal = (a, b) => a.length === b.length && a.every((each, i) => each === b[i]);
const turn = (before, after) => `${signed(before, 2)} → ${signed(after, 2)}`;

// The last thing that changed weights: an overtaking, a flipped label, a pixel that left or joined; else "".
export function tellEvent(before, after) {
  const i = after.pixels.chosen;
  if (!equal(before.pixels.labels, after.pixels.labels)) return tellFlip(before, after, i);
  const [from, to] = [before.ranks[i], after.ranks[i]];
  if (from === to) return "";
  const pixel = `Pixel ${i + 1}`;
  if (to === null) return `${pixel} is right with room to spare: error ${signed(after.errors[i], 2)}, it takes no part.`;
  if (from === null) return `${pixel} takes part again, at rank ${to} with weight ${after.weights[i]}.`;
  const change = `rank ${from} → ${to}, its weight ${before.weights[i]} → ${after.weights[i]}`;
  const passed = overtaken(before, after, i);
  if (!passed.length) return `${pixel}: ${change}.`; // they tie, and the sort has turned them round
  const verb = to < from ? "overtakes" : "falls behind";
  return `${pixel} ${verb} pixel${passed.length > 1 ? "s" : ""} ${names(passed)}: ${change}.`;
}

function tellFlip(before, after, i) {
  return (
    `Pixel ${i + 1} is now ${after.pixels.labels[i] ? "foreground" : "background"}: error ` +
    `${turn(before.errors[i], after.errors[i])}; G = ${before.foreground} → ${after.foreground}, ` +
    "so the weights of all pixels are new."
  );
}

// What the last step did to the loss, and why.
export function tellMove(before, after) {
  const i = after.pixels.chosen;
  const [flipped, moved] = ["labels", "logits"].map((name) => !equal(before.pixels[name], after.pixels[name]));
  const untouched = !flipped && !moved && before.pixels.level === after.pixels.level && before.pixels.chosen === i;
  if (untouched || before.errors.length !== after.errors.length)
    return `Loss ${fixed(after.loss, 3)}. Take a bar by the mouse, or press Tab and then the arrow keys.`;
  if (!flipped && !moved) return tellLevel(after);
  const losses = `he loss ${fixed(before.loss, 3)} → ${fixed(after.loss, 3)}`;
  if (flipped) return `T${losses}.`;
  const said = `Pixel ${i + 1}: error ${turn(before.errors[i], after.errors[i])}, t${losses}`;
  if (!equal(before.order, after.order) || Math.min(before.errors[i], after.errors[i]) < 0) return `${said}.`;
  const step = after.errors[i] - before.errors[i];
  const why = `${signed(step, 2)} × its weight ${after.weights[i]}`;
  return `${said}. Nobody was overtaken, so the change is ${why} = ${signed(step * after.weights[i])}.`;
}

// Who is wrong at the level t, and what 1 - IoU is then.
export function tellLevel(reading) {
  const { wrong, pixels } = reading;
  const t = fixed(pixels.level, 2);
  if (!wrong.length) return `No error is above t = ${t}: J = 0.`;
  const who = `pixel${wrong.length > 1 ? "s" : ""} ${names(wrong)}`;
  return `Errors above t = ${t}: ${who} (ringed). J = wrong / union = ${atLevel(reading).join("/")}.`;
}

// Pixels with the same error as the chosen one share a value, not a gradient; "" if there are none.
export function tellTie({ pixels, errors, active }) {
  const error = errors[pixels.chosen];
  const tied = active.filter((i) => errors[i] === error).sort((a, b) => a - b);
  if (tied.length < 2) return "";
  const why = "who goes first changes nothing in the loss, only the weights";
  return `Pixels ${names(tied)} tie at ${fixed(error, 2)}: ${why}.`;
}

// Pixels that stood on the other side of pixel i before, among those that take part.
function overtaken(before, after, i) {
  const ahead = ({ order }) => new Set(order.slice(0, order.indexOf(i)));
  const [was, is] = [ahead(before), ahead(after)];
  const takesPart = (j) => before.ranks[j] !== null || after.ranks[j] !== null;
  return [...before.order.keys()].filter((j) => was.has(j) !== is.has(j) && takesPart(j));
}

// The whole strip for those who do not see it.
export function describe(reading) {
  const parts = reading.pixels.labels.map((label, i) => {
    const rank = reading.ranks[i] ? `rank ${reading.ranks[i]}, weight ${reading.weights[i]}` : "takes no part";
    return `pixel ${i + 1} ${label ? "foreground" : "background"}, error ${fixed(reading.errors[i], 2)}, ${rank}`;
  });
  return `The Lovász strip of ${parts.length} pixels, loss ${fixed(reading.loss, 3)}: ${parts.join("; ")}.`;
}
