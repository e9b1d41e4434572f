// The bandwidth bench as SVG; in the wide layout what lab/widgets/bench/render.py draws.

import { pngOf } from "../page.js";
import { ACCENT, ACCENT_INK, fixed, GREY, INK, Panel, slider, text } from "../plot.js";
import { MARGIN_PER_SIGMA } from "./numbers.js";
import { ENLARGED, paintClaims } from "./paint.js";

const REACH = 50; // px to either side of the centre in the profiles
const TICKS = [[40, 80, 120, 160, 200], [100, 140, 180]]; // columns and rows of the street

// Panels side by side, or below one another where the page is narrow.
export function layouts({ left, top, width, height }) {
  const [x, y] = [[left - 0.5, left + width - 0.5], [top + height - 0.5, top - 0.5]];
  const map = (at, above, wide) => new Panel(at, above, wide, (wide * height) / width, x, y);
  const profile = (at, above, wide) => new Panel(at, above, wide, 118, [-REACH, REACH], [0, 1.05]);
  return {
    wide: {
      width: 860, height: 500, points: map(48, 30, 372), claims: map(482, 30, 372),
      key: [[8, 52], [160, 52], [262, 52]],
      profiles: [profile(48, 326, 232), profile(332, 326, 232)], table: [588, 326], knob: { radius: 7 },
    },
    narrow: {
      width: 360, height: 1130, points: map(48, 30, 304), claims: map(48, 280, 304),
      key: [[-40, 54], [120, 54], [-40, 74]],
      profiles: [profile(48, 560, 304), profile(48, 764, 304)], table: [8, 974], knob: { radius: 9, thumb: 22 },
    },
  };
}

export function draw(sample, bench, layout) {
  const profiles = sample.objects.map((_, k) => drawProfile(sample, bench, layout.profiles[k], k));
  const maps = drawPoints(sample, bench, layout) + drawClaims(sample, bench, layout);
  return maps + profiles.join("") + drawTable(sample, bench, layout);
}

const picture = ({ left, top, width, height }, address, smooth) =>
  `<image x="${left}" y="${top}" width="${width}" height="${height}" preserveAspectRatio="none" ` +
  `${smooth ? "" : 'style="image-rendering:pixelated" '}href="${address}"/>`;

// A shape drawn twice, dark and wider, then coloured: to be seen on any ground.
function rimmed(shape, colour, width, rim) {
  const stroke = (ink, wide) => shape(`fill="none" stroke="${ink}" stroke-width="${wide}"`);
  return stroke(INK, width + rim) + stroke(colour, width);
}

const middleOf = ({ left, top }, { centroid: [x, y] }) => [x + left, y + top];

// The embeddings over the dimmed picture, and the margins with their handles.
function drawPoints(sample, { embedding, claims, state }, { points, knob }) {
  sample.dark ??= pngOf(sample.image.map((value) => value / 3), sample.width, sample.height);
  const dotsOf = (object) => points.dots(whereTo(sample, embedding, object), object.colour, 1.5, 0.85);
  const dots = sample.objects.map(dotsOf).reverse();
  const rims = sample.objects.map((object, k) => drawRim(sample, object, claims[k], points));
  const inside = points.clip(picture(points, sample.dark, true) + dots.join("") + rims.join(""), "bench-points");
  const frame = points.frame("Where the pixels point, and the margins", "column (px)", "row (px)", ...TICKS);
  const knobs = sample.objects.map((object, k) => drawKnobs(sample, object, claims[k], state.ellipse, points, knob));
  return inside + frame + knobs.join("");
}

// Columns and rows in the street that at most some 500 pixels of an object point to.
function whereTo({ left, top }, { x, y }, { own }) {
  const step = Math.max(1, Math.floor(own.length / 500));
  return own.filter((_, n) => n % step === 0).map((i) => [x[i] + left, y[i] + top]);
}

// The line on which membership is one half, and the object's number beside it, so that a small margin stays visible.
function drawRim(sample, object, { margin }, points) {
  const [x, y] = points.at(...middleOf(sample, object));
  const [rx, ry] = margin.map((m) => (m * points.width) / sample.width);
  const place = `cx="${fixed(x, 1)}" cy="${fixed(y, 1)}" rx="${fixed(rx, 1)}" ry="${fixed(ry, 1)}"`;
  const aside = x - rx - 13;
  const label = `<circle cx="${fixed(aside, 1)}" cy="${fixed(y, 1)}" r="9" fill="${object.colour}"/>`;
  const number = text(aside, y + 4.5, `${object.number}`, { anchor: "middle", weight: "bold" });
  return rimmed((stroke) => `<ellipse ${place} ${stroke}/>`, object.colour, 2.5, 2.5) + label + number;
}

// A knob at the right of the rim, and for an ellipse one below.
function drawKnobs(sample, object, { margin }, ellipse, points, { radius, thumb }) {
  const [x, y] = middleOf(sample, object);
  const places = [[x + margin[0], y], [x, y + margin[1]]].slice(0, ellipse ? 2 : 1);
  return places.map((place, axis) => {
    const [cx, cy] = points.at(...place).map((at) => fixed(at, 1));
    const round = (r, more) => `<circle cx="${cx}" cy="${cy}" r="${r}" ${more}/>`;
    const around = thumb ? round(thumb, 'fill="transparent"') : "";
    const knob = around + round(radius, `fill="#ffffff" stroke="${INK}" stroke-width="2"`);
    const name = `margin of ${object.number} ${object.name} along ${"xy"[axis]}`;
    const [least, most] = sample.sigma.map((sigma) => sigma * MARGIN_PER_SIGMA);
    const scale = [least, margin[axis], most];
    return slider(`${object.number}-${"xy"[axis]}`, knob, name, `${fixed(margin[axis], 1)} px`, scale);
  }).join("");
}

// The σ (px) that puts the rim of a knob, as "9-x", where the pointer is.
export function sigmaFromDrag(sample, { points }, name, x, y) {
  const [number, axis] = name.split("-");
  const along = "xy".indexOf(axis);
  const object = sample.objects.find((each) => each.number === Number(number));
  return Math.abs(points.back(x, y)[along] - middleOf(sample, object)[along]) / MARGIN_PER_SIGMA;
}

// The picture with what each margin claims, rightly and wrongly, and the objects' outlines.
function drawClaims(sample, bench, { claims, key }) {
  const size = [ENLARGED * sample.width, ENLARGED * sample.height];
  const image = picture(claims, pngOf(paintClaims(sample, bench.claims), ...size), false);
  const outlines = sample.objects.map(({ outline }) => {
    const path = `${claims.path(outline)}z`;
    return rimmed((stroke) => `<path d="${path}" ${stroke}/>`, "#ffffff", 1.2, 1.4);
  });
  const words = ["colour: claimed rightly", "▚ black: missed", "▨ stripes: wrongly"];
  const keys = words.map((each, n) => {
    const [x, y] = [claims.left + key[n][0], claims.top + claims.height + key[n][1]];
    return text(x, y, each, { size: 12, colour: n === 2 ? ACCENT_INK : INK });
  });
  const frame = claims.frame("What each margin claims", "column (px)", "", ...TICKS);
  return image + outlines.join("") + frame + keys.join("");
}

// φ along a cut through one object's centre, over the embeddings that lie along it.
function drawProfile(sample, bench, panel, k) {
  const { number, name, colour } = sample.objects[k];
  const { sharpness, margin } = bench.claims[k];
  const counts = alongCut(sample, bench, k);
  const peak = Math.max(...counts.flat(), 1) / 0.95;
  const bars = (each) => each.flatMap((n, i) => [[2 * i - REACH, n / peak], [2 * i + 2 - REACH, n / peak]]);
  const curve = (kappa) => Array.from({ length: 161 }, (_, i) => {
    const d = (2 * REACH * i) / 160 - REACH;
    return [d, Math.exp(-kappa * (d / 1024) ** 2)];
  });
  const shapes = [
    panel.area(bars(counts[1]), GREY, 0.45),
    panel.area(bars(counts[0]), colour, 0.75),
    panel.line([[-REACH, 0.5], [REACH, 0.5]], ACCENT, 1.4, "2 3"),
    ...[-1, 1].map((side) => panel.line([[side * margin[0], 0], [side * margin[0], 0.5]], ACCENT, 2)),
    panel.line(curve(sharpness[0]), INK, 2.2),
    bench.state.ellipse ? panel.line(curve(sharpness[1]), INK, 1.6, "5 4") : "",
  ];
  const title = `${number} ${name}: φ along x${bench.state.ellipse ? ", dashed along y" : ""}`;
  const frame = panel.frame(title, "distance from the centre (px)", "φ", [-40, -20, 0, 20, 40], [0, 0.5, 1]);
  return panel.clip(shapes.join(""), `bench-profile-${number}`) + frame;
}

// How many of the object's pixels, and of all others, point to each 2 px of a band as high as the margin.
export function alongCut({ objects }, { embedding: { x, y }, claims }, k) {
  const { mask, centroid } = objects[k];
  const counts = [new Array(REACH).fill(0), new Array(REACH).fill(0)];
  for (let i = 0; i < x.length; i++) {
    if (Math.abs(y[i] - centroid[1]) >= claims[k].margin[1]) continue;
    const bin = Math.floor((x[i] - centroid[0] + REACH) / 2);
    if (bin >= 0 && bin < REACH) counts[mask[i] ? 0 : 1][bin] += 1;
  }
  return counts;
}

// The numbers: overlap, loss, and the three names of one width.
function drawTable({ objects }, { claims, state, meanIou, instanceTerm }, { table: [x, y] }) {
  const columns = [x + 128, x + 224];
  const rows = [
    ["IoU", ({ iou }) => fixed(iou, 2)],
    ["Lovász hinge", ({ hinge }) => fixed(hinge, 2)],
    ["margin (px)", ({ margin }) => numbers(margin, 1)],
    ["σ (px)", ({ sigma }) => numbers(sigma, 1)],
    ["κ", ({ sharpness }) => numbers(sharpness, 0)],
    ["b", ({ bandwidth }) => numbers(bandwidth, state.ellipse ? 2 : 3)],
  ];
  const head = { anchor: "middle", weight: "bold" };
  const heads = objects.map(({ number, name }, k) => text(columns[k], y - 9, `${number} ${name}`, head));
  const lines = rows.map(([label, value], n) => {
    const [base, style] = [y + 12 + 20 * n, { size: 12, weight: n < 2 ? "bold" : "normal" }];
    const cells = claims.map((each, k) => text(columns[k], base, value(each), { ...style, anchor: "middle" }));
    return text(x, base, label, style) + cells.join("");
  });
  const means = `mean IoU ${fixed(meanIou, 2)} · mean hinge ${fixed(instanceTerm, 2)}`;
  return heads.join("") + lines.join("") + text(x, y + 144, means, { size: 12, weight: "bold" });
}

// One number where both axes agree, else x · y.
function numbers(pair, digits) {
  const [x, y] = pair.map((value) => fixed(value, digits));
  return x === y ? x : `${x} · ${y}`;
}

// The board in words.
export function describe({ objects }, { state, claims }) {
  const sizes = claims.map(({ margin, iou }, k) =>
    `${objects[k].number} ${objects[k].name}: margin ${numbers(margin, 1)} px, IoU ${fixed(iou, 2)}`);
  return (
    `A person and a car of the street, ${state.shared ? "one σ for both" : "a σ for each"}, ` +
    `${state.ellipse ? "ellipses" : "circles"}. Left: where their pixels point, with the rims of both margins; ` +
    `right: what each margin claims; below: both profiles with the line at one half. ${sizes.join("; ")}.`
  );
}
