// Small charts as SVG text, to the letter those of lab/widgets/plot.py: a test holds the drawings of both equal.

export const INK = "#141414";
export const GREY = "#767676";
export const RULE = "#d9d9d9";
export const ACCENT = "#d55e00"; // wrong, error
export const ACCENT_INK = "#a34700"; // the same for words
export const GOOD = "#0072b2";
export const SMALLEST = 12; // px; what is smaller cannot be read on a page

// Digits after the point as Python writes them: what lies exactly between two numbers goes to the even one.
export function fixed(value, digits) {
  const usual = value.toFixed(digits);
  if (Math.abs(((Math.abs(value) * 10 ** digits) % 1) - 0.5) > 1e-6) return usual; // nowhere near
  const rest = Math.abs(value).toFixed(60).split(".")[1].slice(digits); // exact
  const odd = Number(usual.at(-1)) % 2 === 1;
  if (!/^50*$/.test(rest) || !odd) return usual;
  return (value - Math.sign(value) * 0.5 * 10 ** -digits).toFixed(digits);
}

// A number with a real minus sign; no minus zero.
export function signed(value, digits = 3) {
  const words = fixed(value, digits);
  return (Number(words) === 0 ? words.replace("-", "") : words).replace("-", "−");
}

// At most so many digits that count, without zeros at the end.
export const short = (value, digits = 6) => `${Number(value.toPrecision(digits))}`;

const ESCAPES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;" };
const escaped = (words) => words.replace(/[&<>"']/g, (letter) => ESCAPES[letter]);

// Words with their baseline at (x, y); anchor: start, middle or end; turn in degrees, clockwise.
export function text(x, y, words, { size = 13, anchor = "start", colour = INK, weight = "normal", turn = 0 } = {}) {
  const [left, base] = [fixed(x, 1), fixed(y, 1)];
  const turned = turn ? ` transform="rotate(${turn} ${left} ${base})"` : "";
  return (
    `<text x="${left}" y="${base}" font-size="${short(size)}" text-anchor="${anchor}" fill="${colour}" ` +
    `font-weight="${weight}"${turned}>${escaped(words)}</text>`
  );
}

// A shape that can be dragged, or focused and moved by key: a slider from the least to the largest value.
export function slider(name, shape, label, value, [least, now, most]) {
  return (
    `<g data-handle="${name}" role="slider" aria-label="${escaped(label)}" aria-valuemin="${short(least, 4)}" ` +
    `aria-valuenow="${short(now, 4)}" aria-valuemax="${short(most, 4)}" aria-valuetext="${escaped(value)}">${shape}</g>`
  );
}

// A rectangle with axes of its own.  x, y: the values at the left and right, and at the bottom and top.
export class Panel {
  constructor(left, top, width, height, x, y) {
    Object.assign(this, { left, top, width, height, x, y });
  }

  at(x, y) {
    const [[x0, x1], [y0, y1]] = [this.x, this.y];
    return [this.left + ((x - x0) / (x1 - x0)) * this.width, this.top + ((y1 - y) / (y1 - y0)) * this.height];
  }

  back(px, py) {
    const [[x0, x1], [y0, y1]] = [this.x, this.y];
    return [x0 + ((px - this.left) / this.width) * (x1 - x0), y1 - ((py - this.top) / this.height) * (y1 - y0)];
  }

  frame(title, xLabel, yLabel, xTicks, yTicks, grid = false) {
    const [bottom, right] = [this.top + this.height, this.left + this.width];
    const parts = [...xTicks.map((tick) => this.xTick(tick)), ...yTicks.map((tick) => this.yTick(tick, grid))];
    parts.push(`<path d="M${this.left} ${this.top}V${bottom}H${right}" fill="none" stroke="${INK}"/>`);
    if (title) parts.push(text(this.left, this.top - 9, title, { weight: "bold" }));
    const middle = { size: SMALLEST, anchor: "middle" };
    if (xLabel) parts.push(text(this.left + this.width / 2, bottom + 34, xLabel, middle));
    const aside = [Math.max(this.left - 38, SMALLEST), this.top + this.height / 2];
    if (yLabel) parts.push(text(...aside, yLabel, { ...middle, turn: -90 }));
    return parts.join("");
  }

  xTick(value) {
    const [x, bottom] = this.at(value, this.y[0]);
    const line = `<path d="M${fixed(x, 1)} ${bottom}V${bottom + 4}" stroke="${INK}"/>`;
    return line + text(x, bottom + 16, short(value), { size: SMALLEST, anchor: "middle" });
  }

  yTick(value, grid) {
    const [left, y] = this.at(this.x[0], value);
    const end = grid ? this.left + this.width : left - 4;
    const line = `<path d="M${left} ${fixed(y, 1)}H${end}" stroke="${grid ? RULE : INK}"/>`;
    return line + text(left - 6, y + 4, short(value), { size: SMALLEST, anchor: "end" });
  }

  path(points) {
    const places = points.map(([x, y]) => this.at(x, y).map((place) => fixed(place, 1)).join(" "));
    return places.length ? `M${places.join("L")}` : "";
  }

  line(points, colour = INK, width = 2, dashes = "") {
    const dashed = dashes && ` stroke-dasharray="${dashes}"`;
    return (
      `<path d="${this.path(points)}" fill="none" stroke="${colour}" stroke-width="${short(width)}" ` +
      `stroke-linejoin="round"${dashed}/>`
    );
  }

  // What lies between a curve and zero.
  area(points, colour, opacity) {
    const ends = [points.at(0), points.at(-1)].map(([x]) => [x, 0]);
    return (
      `<path d="${this.path([ends[0], ...points, ends[1]])}z" fill="${colour}" fill-opacity="${short(opacity)}"/>`
    );
  }

  // Points; thousands of them are one element.
  dots(points, colour, radius, opacity) {
    const strokes = points.map(([x, y]) => `M${this.at(x, y).map((place) => fixed(place, 1)).join(" ")}h0`);
    return (
      `<path d="${strokes.join("")}" fill="none" stroke="${colour}" stroke-width="${short(2 * radius)}" ` +
      `stroke-linecap="round" stroke-opacity="${short(opacity)}"/>`
    );
  }

  // The shapes, cut off at the panel's border; the name is unique within the drawing.
  clip(shapes, name) {
    return (
      `<clipPath id="${name}"><rect x="${this.left}" y="${this.top}" width="${this.width}" ` +
      `height="${this.height}"/></clipPath><g clip-path="url(#${name})">${shapes}</g>`
    );
  }
}
