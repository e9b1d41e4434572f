// The explorer in the browser: what the network said of one image, painted by WebGL2 and read out pixel by pixel.
//
// The network's output comes over once, as bytes (lab/widgets/explorer/pack.py); the instances come as a short list of
// Gaussians.  From these two everything here is computed: layers, masks, outlines, the chosen pixel's story.  Python is
// asked for what needs it, another model and another clustering, and for pictures where there is no WebGL2.
//
//   numbers    what the bytes mean, and what they say of one pixel
//   shaders    the same arithmetic for all pixels at once
//   painters   one with WebGL2, one for pictures that Python has painted
//   drawing    margins, numbers, arrows: an SVG over the picture
//   words      count, legend, table, alternative text
//   controls   sliders and buttons
//   render     wires them
//
// Places are in px of the image, the middle of pixel (column, row) at (column, row).

const LAYERS = ["image", "offsets", "embeddings", "sigma", "seed map", "membership", "instances"];
const BLENDS = { offsets: 0.9, embeddings: 0.75, sigma: 0.9, "seed map": 0.9, membership: 0.85, instances: 0.45 };
const SCORE_STEPS = 200; // a seed score s is sent as the whole number ceil(200 s)
const MOST_POINTS = 150000; // of the embeddings layer; more than one pixel of the screen in four would hide the picture
const MOST_ZOOM_PX = 12; // the closest view is this many pixels of the image long
const MOST_WAIT_MS = 10000; // for an answer from Python, until it is said that there is none
const LEAST_CELL_PX = 16; // of the plane of embeddings, in which each cell has a list of its instances
const MOST_HELD = 1 << 20; // instances in all these lists; more, and the cells are made larger
const DARK = "#141414";
const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

// ------------------------------------------------------------------------------------------------------- numbers

const bytesOf = (data) =>
  data instanceof ArrayBuffer ? new Uint8Array(data) : new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

// A copy, because what arrives may begin at any byte and numbers of two or four bytes may not.
const numbersOf = (data, kind) => new kind(bytesOf(data).slice().buffer);

/** The prediction as numbers; `best`, the highest score over the classes, is the last of the seed maps. */
function readScene(model) {
  const [width, height, names] = ["width", "height", "class_names"].map((name) => model.get(name));
  const size = width * height;
  const seeds = new Uint8Array(size * (names.length + 1));
  seeds.set(bytesOf(model.get("seeds")));
  const best = seeds.subarray(size * names.length);
  for (let c = 0; c < names.length; c++) {
    const from = c * size;
    for (let i = 0; i < size; i++) if (seeds[from + i] > best[i]) best[i] = seeds[from + i];
  }
  const [longest, least, largest] = model.get("ranges");
  return {
    width, height, names, seeds, best, longest, least, largest,
    image: bytesOf(model.get("image")),
    fields: numbersOf(model.get("fields"), model.get("bits") === 16 ? Uint16Array : Uint8Array),
    low: model.get("field_low"),
    step: model.get("field_step"),
    coarse: model.get("bits") === 8,
    truth: numbersOf(model.get("truth"), Uint16Array),
  };
}

/** The instances as found: centre and sharpness (per px², at σ scale 1), class 1..N, score, seed pixel. */
function readInstances(model) {
  const values = numbersOf(model.get("instances"), Float32Array);
  const list = [];
  for (let i = 0; i < values.length; i += 8) {
    const [x, y, kx, ky, cls, score, column, row] = values.subarray(i, i + 8);
    list.push({ number: list.length + 1, x, y, kx, ky, cls, score, column, row });
  }
  return list;
}

/** Highest score on top, of equal ones the first accepted: the order in which a pixel is offered to them. */
const byScore = (list) => [...list].sort((a, b) => b.score - a.score || a.number - b.number);

/** The greatest whole number that is not above the foreground threshold: a score above it takes part. */
const foregroundStep = (threshold) => Math.floor(SCORE_STEPS * threshold + 1e-6);

/** -ln φ, φ the membership of a place in an instance. */
const distanceTo = (instance, [x, y], scale) =>
  (instance.kx * (x - instance.x) ** 2 + instance.ky * (y - instance.y) ** 2) / (scale * scale);

/** Whether Python's own numbers are this pixel's, and of this scene: another model's may be on their way. */
const isExact = (scene, exact, [column, row]) =>
  exact.pixel?.[0] === column && exact.pixel[1] === row && exact.scores.length === scene.names.length;

/** One pixel's offset, σ (at scale 1) and scores; Python's own numbers where it has sent them for this pixel. */
function valuesAt(scene, exact, [column, row]) {
  if (isExact(scene, exact, [column, row])) return exact;
  const at = row * scene.width + column;
  const field = (k) => scene.low[k] + scene.step[k] * scene.fields[4 * at + k];
  return {
    offset: [field(0), field(1)],
    sigma: [Math.exp(field(2)), Math.exp(field(3))],
    scores: scene.names.map((_, c) => Math.max(0, scene.seeds[c * scene.best.length + at] - 0.5) / SCORE_STEPS),
  };
}

/** On a page of 8 bits: whether offset and σ of a pixel that takes no part are cut off at the others' range. */
function cutOff(scene, [column, row]) {
  const at = 4 * (row * scene.width + column);
  const cut = scene.coarse ? [...scene.fields.subarray(at, at + 4)].map((code) => code === 0 || code === 255) : [];
  return { offset: Boolean(cut[0] || cut[1]), sigma: Boolean(cut[2] || cut[3]) };
}

/**
 * The plane of embeddings in square cells, and of each the instances (their places in `sorted`) whose ellipses reach
 * into it: a pixel is offered to these alone, so that thousands of instances cost hardly more than ten.  What lies
 * outside the image belongs to the cells at its border.  `wide`: radius of an ellipse whose κ is 1, px.
 */
function cellLists(sorted, { width, height }, wide) {
  let [size, total, boxes, columns, rows] = [LEAST_CELL_PX / 2, Infinity, [], 0, 0];
  while (total > MOST_HELD && size < Math.max(width, height)) {
    size *= 2;
    [columns, rows] = [Math.ceil(width / size), Math.ceil(height / size)];
    const span = (at, kappa, count) => {
      const radius = (1.001 * wide) / Math.sqrt(kappa) + 0.01; // the shader's numbers are not these to the last bit
      return [at - radius, at + radius].map((v) => Math.min(Math.max(Math.floor(v / size), 0), count - 1));
    };
    boxes = sorted.map(({ x, y, kx, ky }) => [...span(x, kx, columns), ...span(y, ky, rows)]);
    total = boxes.reduce((sum, [left, right, top, bottom]) => sum + (right - left + 1) * (bottom - top + 1), 0);
  }
  const lists = Array.from({ length: columns * rows }, () => []);
  boxes.forEach(([left, right, top, bottom], i) => {
    for (let row = top; row <= bottom; row++)
      for (let column = left; column <= right; column++) lists[row * columns + column].push(i);
  });
  const cells = new Uint32Array(2 * lists.length);
  const held = new Uint32Array(1024 * Math.max(1, Math.ceil(total / 1024)));
  let at = 0;
  lists.forEach((list, c) => {
    cells.set([at, list.length], 2 * c);
    held.set(list, at);
    at += list.length;
  });
  return { size, columns, cells, held };
}

/** One pixel's story.  Winner and runner-up are undefined where there are none, and so is the instance that has it. */
function readPixel(scene, list, state) {
  const [column, row] = state.pixel;
  const { offset, sigma, scores } = valuesAt(scene, state.exact, state.pixel);
  const exact = isExact(scene, state.exact, state.pixel);
  const embedding = [column + offset[0], row + offset[1]];
  // By distance: far from all instances every φ is 0 as a number.
  const ranked = list.map((instance) => ({ instance, far: distanceTo(instance, embedding, state.scale) }));
  ranked.sort((a, b) => a.far - b.far);
  const reach = -Math.log(state.threshold);
  const step = (c) => scene.seeds[c * scene.best.length + row * scene.width + column];
  const takes = (i) =>
    step(i.cls - 1) > foregroundStep(state.foreground) && distanceTo(i, embedding, state.scale) < reach;
  const best = scores.indexOf(Math.max(...scores));
  const takesPart = step(scene.names.length) > foregroundStep(state.foreground);
  return {
    pixel: state.pixel, exact, offset, embedding, takesPart,
    beyond: exact || takesPart ? {} : cutOff(scene, state.pixel),
    sigma: sigma.map((s) => s * state.scale),
    margin: sigma.map((s) => s * state.scale * Math.sqrt(-2 * Math.log(state.threshold))),
    score: scores[best],
    scoreClass: scene.names[best],
    winner: ranked[0],
    runnerUp: ranked[1],
    inside: ranked[0]?.far < reach, // else it is in no instance's ellipse
    owner: byScore(list).find(takes),
  };
}

// ------------------------------------------------------------------------------------------------------- shaders

const HEAD = `#version 300 es
precision highp float; precision highp int;
precision highp sampler2D; precision highp usampler2D; precision highp usampler2DArray;
`;

// What every program knows: the textures, and the clustering's rule for one pixel.
const RULES = `
uniform usampler2D fields;      // offset x, y in px; ln σ x, y: whole numbers, value = low + pitch * number
uniform usampler2DArray seeds;  // one layer a class, and the highest of them
uniform sampler2D listed;       // an instance in two texels: centre and sharpness; number and class
uniform usampler2D cells, held; // of the plane of embeddings; cells: where its list begins in held, and how long it is
uniform float cellSize;         // px
uniform vec4 low, pitch;
uniform ivec2 size;             // of the image
uniform vec4 window;            // of the image, what is in view: left, top, width, height
uniform int classes;
uniform int foreground;         // in steps of the seed scores
uniform float scale, reach;     // of σ; -ln of the membership threshold

vec4 fieldAt(ivec2 p) { return low + pitch * vec4(texelFetch(fields, p, 0)); }
int scoreAt(ivec2 p, int layer) { return int(texelFetch(seeds, ivec3(p, layer), 0).r); }
vec4 instance(int i, int part) { return texelFetch(listed, ivec2(i & 1023, 2 * (i >> 10) + part), 0); }
float distanceTo(vec4 gaussian, vec2 place) {  // -ln φ
  vec2 way = place - gaussian.xy;
  return dot(gaussian.zw, way * way) / (scale * scale);
}
int claim(ivec2 p, vec2 embedding) {  // the instance that has this pixel, 0 for none; listed by falling score
  if (scoreAt(p, classes) <= foreground) return 0;
  ivec2 cell = clamp(ivec2(floor(embedding / cellSize)), ivec2(0), textureSize(cells, 0) - 1);
  ivec2 list = ivec2(texelFetch(cells, cell, 0).xy);
  for (int at = list.x; at < list.x + list.y; at++) {
    int i = int(texelFetch(held, ivec2(at & 1023, at >> 10), 0).r);
    if (distanceTo(instance(i, 0), embedding) >= reach) continue;
    vec2 who = instance(i, 1).xy;
    if (scoreAt(p, int(who.y) - 1) > foreground) return int(who.x);
  }
  return 0;
}
`;

const INKS = `
uniform vec3 inks[7];
vec3 inkOf(int number) { return inks[(number - 1) % 7]; }
`;

// One triangle that covers the canvas.
const WHOLE = `${HEAD}
void main() { gl_Position = vec4(gl_VertexID == 1 ? 3. : -1., gl_VertexID == 2 ? 3. : -1., 0., 1.); }`;

const PLACE = `
uniform vec2 canvas;
vec2 placeOf(vec2 fragment) { return window.xy + vec2(fragment.x, canvas.y - fragment.y) / canvas * window.zw; }
ivec2 pixelAt(vec2 fragment) { return clamp(ivec2(floor(placeOf(fragment))), ivec2(0), size - 1); }
`;

const LABEL = `${HEAD}${RULES}${PLACE}
out uint label;
void main() {
  ivec2 p = pixelAt(gl_FragCoord.xy);
  label = uint(claim(p, vec2(p) + fieldAt(p).xy));
}`;

// A program for each layer, with the truth's outlines or without: in software rendering a branch that is not taken is
// not free, and one program for all layers took three times as long.
const layerProgram = (layer, truth) => `${HEAD}
#define LAYER ${layer}
#define TRUTH ${truth ? 1 : 0}
${RULES}${PLACE}${INKS}
uniform sampler2D image, palette;
uniform usampler2D labels, truth;  // labels: in the canvas's pixels; truth: in the image's
uniform int seedClass, thick;      // thick: of a line, in the canvas's pixels
uniform float blend, longest, logLeast, logLargest;
uniform vec4 selected;             // the Gaussian whose membership is shown
out vec4 colour;
const vec3 NIGHT = vec3(.08), GREY = vec3(.85);  // GREY: takes no part

vec3 cividis(float t) { return texture(palette, vec2((clamp(t, 0., 1.) * 255. + .5) / 256., .5)).rgb; }
vec3 direction(vec2 way) {  // hue is the direction, red to the right and on clockwise; strength is the length
  float hue = way == vec2(0) ? 0. : atan(way.y, way.x) / 6.2831853;
  vec3 full = clamp(abs(mod(hue * 6. + vec3(0., 4., 2.), 6.) - 3.) - 1., 0., 1.);
  return .95 * mix(vec3(1), full, min(length(way) / longest, 1.));
}
int labelAt(ivec2 f) { return int(texelFetch(labels, clamp(f, ivec2(0), ivec2(canvas) - 1), 0).r); }
ivec4 around(int far) {  // the labels of four neighbours so far away
  ivec2 f = ivec2(gl_FragCoord.xy);
  ivec2 x = ivec2(far, 0), y = ivec2(0, far);
  return ivec4(labelAt(f + x), labelAt(f - x), labelAt(f + y), labelAt(f - y));
}
vec3 instances(vec3 ground) {  // within a border a line in the instance's colour; on its lower side a dark one
  int own = labelAt(ivec2(gl_FragCoord.xy));
  if (any(greaterThan(around(thick), ivec4(own)))) return NIGHT;
  if (own == 0) return mix(ground, NIGHT, blend);
  return any(notEqual(around(2 * thick), ivec4(own))) ? inkOf(own) : mix(ground, inkOf(own), blend);
}
vec3 shownAt(ivec2 p, vec3 ground) {
#if LAYER == 0
  return ground;
#elif LAYER == 1
  return mix(ground, scoreAt(p, classes) > foreground ? direction(fieldAt(p).xy) : GREY, blend);
#elif LAYER == 2
  return mix(ground, NIGHT, blend);
#elif LAYER == 3
  if (scoreAt(p, classes) <= foreground) return mix(ground, GREY, blend);
  vec4 field = fieldAt(p);
  return mix(ground, cividis((.5 * (field.z + field.w) + log(scale) - logLeast) / (logLargest - logLeast)), blend);
#elif LAYER == 4
  return mix(ground, cividis((float(scoreAt(p, seedClass)) - .5) / ${SCORE_STEPS}.), blend);
#elif LAYER == 5
  return mix(ground, cividis(exp(-distanceTo(selected, vec2(p) + fieldAt(p).xy))), blend);
#else
  return instances(ground);
#endif
}
uint truthAt(vec2 away) { return texelFetch(truth, pixelAt(gl_FragCoord.xy + away), 0).r; }
vec3 outlined(vec3 shown) {  // white and dark dashes where two labels of the truth meet
  float far = float(thick);
  uint own = truthAt(vec2(0));
  if (truthAt(vec2(far, 0)) == own && truthAt(vec2(-far, 0)) == own && truthAt(vec2(0, far)) == own
      && truthAt(vec2(0, -far)) == own) return shown;
  return mod(floor((gl_FragCoord.x + gl_FragCoord.y) / (5. * far)), 2.) < .5 ? vec3(1) : NIGHT;
}
void main() {
  vec3 ground = texture(image, placeOf(gl_FragCoord.xy) / vec2(size)).rgb;
  vec3 shown = shownAt(pixelAt(gl_FragCoord.xy), ground);
#if TRUTH
  shown = outlined(shown);
#endif
  colour = vec4(shown, 1);
}`;

// The embeddings: every stride-th pixel as a dot at the place to which it points.
const POINTS = `${HEAD}${RULES}${INKS}
uniform int stride, columns;
uniform float dotSize;
out vec3 ink;
void main() {
  ivec2 p = min(stride * ivec2(gl_VertexID % columns, gl_VertexID / columns) + stride / 2, size - 1);
  gl_Position = vec4(2, 2, 2, 1);  // out of sight
  gl_PointSize = dotSize;
  ink = vec3(0);
  if (scoreAt(p, classes) <= foreground) return;
  vec2 embedding = vec2(p) + fieldAt(p).xy;
  vec2 at = (embedding + .5 - window.xy) / window.zw;
  gl_Position = vec4(2. * at.x - 1., 1. - 2. * at.y, 0, 1);
  int owner = claim(p, embedding);
  ink = owner > 0 ? inkOf(owner) : vec3(.85);
}`;

const POINT = `${HEAD}
in vec3 ink;
out vec4 colour;
void main() { colour = vec4(ink, .55); }`;

// ------------------------------------------------------------------------------------------------------ painters

/** Paints with WebGL2.  Throws where there is none, or where the image is larger than it can hold. */
class Painter {
  static UNITS = { image: 0, fields: 1, seeds: 2, listed: 3, labels: 4, truth: 5, palette: 6, cells: 7, held: 8 };

  constructor(canvas) {
    const gl = canvas.getContext("webgl2", { alpha: false, antialias: false, preserveDrawingBuffer: true });
    if (!gl) throw new Error("this browser offers no WebGL2");
    this.gl = gl;
    this.canvas = canvas;
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
    gl.bindVertexArray(gl.createVertexArray());
    this.label = this.program(WHOLE, LABEL);
    this.points = this.program(POINTS, POINT);
    this.layers = {};
    this.textures = {};
    this.target = gl.createFramebuffer();
    this.labelSize = this.labelled = this.painted = "";
  }

  program(vertex, fragment) {
    const gl = this.gl;
    const program = gl.createProgram();
    for (const [kind, source] of [[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]]) {
      const shader = gl.createShader(kind);
      gl.shaderSource(shader, source);
      gl.compileShader(shader);
      gl.attachShader(program, shader);
      if (!gl.getShaderParameter(shader, gl.COMPILE_STATUS) && !gl.isContextLost())
        throw new Error(`a shader does not compile: ${gl.getShaderInfoLog(shader)}`);
    }
    gl.linkProgram(program);
    if (!gl.getProgramParameter(program, gl.LINK_STATUS) && !gl.isContextLost())
      throw new Error(`a program does not link: ${gl.getProgramInfoLog(program)}`);
    gl.useProgram(program);
    for (const [name, unit] of Object.entries(Painter.UNITS))
      gl.uniform1i(gl.getUniformLocation(program, name), unit);
    const places = {};
    return { program, place: (name) => (places[name] ??= gl.getUniformLocation(program, name)) };
  }

  /** A texture at its unit, new in place of the old one; read without interpolation. */
  texture(name, kind, fill) {
    const gl = this.gl;
    gl.activeTexture(gl.TEXTURE0 + Painter.UNITS[name]);
    gl.deleteTexture(this.textures[name] ?? null);
    this.textures[name] = gl.createTexture();
    gl.bindTexture(kind, this.textures[name]);
    gl.texParameteri(kind, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
    gl.texParameteri(kind, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
    gl.texParameteri(kind, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
    gl.texParameteri(kind, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
    fill(gl);
    return this.textures[name];
  }

  /** Take a new prediction: the one large transfer to the graphics memory. */
  load(scene, palette, inks) {
    const gl = this.gl;
    const { width, height, fields, seeds, image, truth } = scene;
    const most = gl.getParameter(gl.MAX_TEXTURE_SIZE);
    if (Math.max(width, height) > most) throw new Error(`WebGL2 here takes images up to ${most} px`);
    const flat = gl.TEXTURE_2D;
    const [inner, type] =
      fields instanceof Uint16Array ? [gl.RGBA16UI, gl.UNSIGNED_SHORT] : [gl.RGBA8UI, gl.UNSIGNED_BYTE];
    this.texture("image", flat, () => {
      gl.texImage2D(flat, 0, gl.RGB8, width, height, 0, gl.RGB, gl.UNSIGNED_BYTE, image);
      gl.generateMipmap(flat);
      gl.texParameteri(flat, gl.TEXTURE_MIN_FILTER, gl.LINEAR_MIPMAP_NEAREST);
    });
    this.texture("fields", flat, () =>
      gl.texImage2D(flat, 0, inner, width, height, 0, gl.RGBA_INTEGER, type, fields));
    const stack = gl.TEXTURE_2D_ARRAY;
    const layers = scene.names.length + 1;
    this.texture("seeds", stack, () =>
      gl.texImage3D(stack, 0, gl.R8UI, width, height, layers, 0, gl.RED_INTEGER, gl.UNSIGNED_BYTE, seeds));
    const [across, down] = truth.length ? [width, height] : [1, 1];
    this.texture("truth", flat, () =>
      gl.texImage2D(flat, 0, gl.R16UI, across, down, 0, gl.RED_INTEGER, gl.UNSIGNED_SHORT,
        truth.length ? truth : new Uint16Array(1)));
    this.texture("palette", flat, () =>
      gl.texImage2D(flat, 0, gl.RGB8, 256, 1, 0, gl.RGB, gl.UNSIGNED_BYTE, palette));
    this.scene = scene;
    this.painted = "";
    this.inks = inks.flatMap((ink) => [1, 3, 5].map((i) => parseInt(ink.slice(i, i + 2), 16) / 255));
  }

  /** Take a new list of instances. */
  list(instances) {
    const gl = this.gl;
    const rows = Math.max(1, Math.ceil(instances.length / 1024));
    const values = new Float32Array(1024 * 2 * rows * 4);
    this.sorted = byScore(instances);
    this.sorted.forEach((instance, i) => {
      const at = 4 * ((i & 1023) + 2048 * (i >> 10));
      values.set([instance.x, instance.y, instance.kx, instance.ky], at);
      values.set([instance.number, instance.cls], at + 4096);
    });
    this.labelled = this.painted = this.celled = "";
    this.texture("listed", gl.TEXTURE_2D, () =>
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA32F, 1024, 2 * rows, 0, gl.RGBA, gl.FLOAT, values));
  }

  /** The list of each cell, new where the ellipses are others. */
  cell({ scale, threshold }) {
    const { gl, scene } = this;
    const key = `${scale} ${threshold} ${scene.width} ${scene.height}`;
    if (key === this.celled) return;
    const { size, columns, cells, held } = cellLists(this.sorted, scene, scale * Math.sqrt(-Math.log(threshold)));
    const put = (name, inner, format, across, values) => this.texture(name, gl.TEXTURE_2D, () =>
      gl.texImage2D(gl.TEXTURE_2D, 0, inner, across, values.length / across / (format === gl.RG_INTEGER ? 2 : 1), 0,
        format, gl.UNSIGNED_INT, values));
    put("cells", gl.RG32UI, gl.RG_INTEGER, columns, cells);
    put("held", gl.R32UI, gl.RED_INTEGER, 1024, held);
    Object.assign(this, { celled: key, cellSize: size });
  }

  use({ program, place }, state, view, width, height) {
    const gl = this.gl;
    const scene = this.scene;
    this.cell(state);
    gl.useProgram(program);
    gl.viewport(0, 0, width, height);
    gl.uniform4fv(place("low"), scene.low);
    gl.uniform4fv(place("pitch"), scene.step);
    gl.uniform2i(place("size"), scene.width, scene.height);
    gl.uniform4f(place("window"), view.x, view.y, view.width, view.height);
    gl.uniform2f(place("canvas"), width, height);
    gl.uniform1i(place("classes"), scene.names.length);
    gl.uniform1f(place("cellSize"), this.cellSize);
    gl.uniform1i(place("foreground"), foregroundStep(state.foreground));
    gl.uniform1f(place("scale"), state.scale);
    gl.uniform1f(place("reach"), -Math.log(state.threshold));
    gl.uniform3fv(place("inks"), this.inks);
  }

  /** The instance of every pixel of a canvas of this size, into the texture `labels`. */
  paintLabels(state, view, width, height) {
    const gl = this.gl;
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.target);
    if (this.labelSize !== `${width} ${height}`) {
      const texture = this.texture("labels", gl.TEXTURE_2D, () =>
        gl.texStorage2D(gl.TEXTURE_2D, 1, gl.R16UI, width, height));
      gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, texture, 0);
      this.labelSize = `${width} ${height}`;
    }
    this.use(this.label, state, view, width, height);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  }

  /** The layer; nothing where only the chosen pixel is another, since that is drawn over it. */
  paint(state, view, story) {
    const { width, height } = this.canvas;
    const { pixel, exact, margins, ...seen } = state;
    const selected = selectedGaussian(story, state);
    const where = [view.x, view.y, view.width, width, height];
    const wanted = JSON.stringify([seen, where, state.layer === "membership" && selected]);
    if (wanted === this.painted) return;
    this.painted = wanted;
    const labelled = JSON.stringify([state.scale, state.threshold, state.foreground, where]);
    // The other layers do not read the labels, but the texture has to be there.
    if (!this.labelSize || (state.layer === "instances" && labelled !== this.labelled)) {
      this.paintLabels(state, view, width, height);
      this.labelled = labelled;
    }
    this.paintLayer(state, view, selected);
    if (state.layer === "embeddings") this.paintPoints(state, view, width, height);
  }

  paintLayer(state, view, selected) {
    const gl = this.gl;
    const { scene, canvas: { width, height, clientWidth } } = this;
    const [layer, truth] = [LAYERS.indexOf(state.layer), state.truth && scene.truth.length > 0];
    const { program, place } = (this.layers[`${layer} ${truth}`] ??= this.program(WHOLE, layerProgram(layer, truth)));
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    this.use({ program, place }, state, view, width, height);
    gl.uniform1i(place("seedClass"), state.seedClass ? state.seedClass - 1 : scene.names.length);
    gl.uniform1i(place("thick"), Math.max(1, Math.round(width / clientWidth || 1)));
    gl.uniform1f(place("blend"), state.blend);
    gl.uniform1f(place("longest"), scene.longest);
    gl.uniform1f(place("logLeast"), Math.log(scene.least));
    gl.uniform1f(place("logLargest"), Math.log(scene.largest));
    gl.uniform4fv(place("selected"), selected);
    gl.activeTexture(gl.TEXTURE0 + Painter.UNITS.image); // single pixels can be seen once they are large enough
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, width / view.width > 5 ? gl.NEAREST : gl.LINEAR);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  }

  paintPoints(state, view, width, height) {
    const gl = this.gl;
    const { scene, points } = this;
    const stride = strideOf(scene);
    const columns = Math.ceil(scene.width / stride);
    this.use(points, state, view, width, height);
    gl.uniform1i(points.place("stride"), stride);
    gl.uniform1i(points.place("columns"), columns);
    gl.uniform1f(points.place("dotSize"), Math.max(1.5, (width / view.width) * 0.6));
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.SRC_ALPHA, gl.ONE_MINUS_SRC_ALPHA);
    gl.drawArrays(gl.POINTS, 0, columns * Math.ceil(scene.height / stride));
    gl.disable(gl.BLEND);
  }

  /** The instance of every pixel of the image, row by row: by this the tests hold the shader against Python. */
  readLabels(state) {
    const gl = this.gl;
    const { width, height } = this.scene;
    this.paintLabels(state, { x: 0, y: 0, width, height }, width, height);
    const rgba = new Uint32Array(4 * width * height);
    gl.readPixels(0, 0, width, height, gl.RGBA_INTEGER, gl.UNSIGNED_INT, rgba);
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    this.labelSize = this.painted = ""; // back to the canvas's size with the next picture
    // WebGL counts rows from the bottom.
    return Uint32Array.from({ length: width * height }, (_, i) => {
      const row = height - 1 - Math.floor(i / width);
      return rgba[4 * (row * width + (i % width))];
    });
  }

  close() {
    this.gl.getExtension("WEBGL_lose_context")?.loseContext(); // a page may hold some sixteen only
  }
}

/** Shows what Python has painted, one picture a layer, over the image: for browsers without WebGL2. */
class Pictures {
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.picture = null;
    this.newest = 0;
  }

  load(scene) {
    const { width, height, image } = scene;
    const data = new ImageData(width, height);
    for (let i = 0; i < 4 * width * height; i++) data.data[i] = i % 4 === 3 ? 255 : image[i - (i >> 2)];
    this.image = Object.assign(document.createElement("canvas"), { width, height });
    this.image.getContext("2d").putImageData(data, 0, 0);
  }

  list() {}

  /** Decode what has come; given up if a newer one has come meanwhile. */
  async take(png) {
    const turn = ++this.newest;
    if (!png.byteLength) return false;
    const picture = await createImageBitmap(new Blob([bytesOf(png)], { type: "image/png" }));
    if (turn !== this.newest) return false;
    this.picture = picture;
    return true;
  }

  paint(state, view) {
    const { context, canvas } = this;
    const show = (picture) =>
      context.drawImage(picture, view.x, view.y, view.width, view.height, 0, 0, canvas.width, canvas.height);
    context.imageSmoothingEnabled = canvas.width / view.width < 5;
    context.globalAlpha = 1;
    show(this.image);
    context.globalAlpha = state.layer === "image" ? 0 : state.blend;
    if (this.picture) show(this.picture);
  }

  close() {}
}

/** The Gaussian of the membership layer: the winner's; without any instance the chosen pixel's own, taken as a seed. */
function selectedGaussian(story, state) {
  if (story.winner) {
    const { x, y, kx, ky } = story.winner.instance;
    return [x, y, kx, ky];
  }
  return [...story.embedding, ...story.sigma.map((s) => (state.scale * state.scale) / (2 * s * s))];
}

const strideOf = (scene) => Math.ceil(Math.sqrt((scene.width * scene.height) / MOST_POINTS));

// ------------------------------------------------------------------------------------------------------- drawing

const fixed = (value) => value.toFixed(2);

/** A shape drawn twice, dark and wide, then coloured and narrow, to be seen on any ground; ~ takes the stroke. */
function rimmed(shape, ink, width, dashes = "") {
  const stroke = (colour, wide) =>
    `fill="none" stroke="${colour}" stroke-width="${wide}" vector-effect="non-scaling-stroke"` +
    (dashes && ` stroke-dasharray="${dashes}"`);
  return shape.replace("~", stroke(DARK, width + 1.6)) + shape.replace("~", stroke(ink, width));
}

function ellipse([x, y], [rx, ry], ink, dashes) {
  return rimmed(`<ellipse cx="${fixed(x)}" cy="${fixed(y)}" rx="${fixed(rx)}" ry="${fixed(ry)}" ~/>`, ink, 2, dashes);
}

/** An instance's number on a dark badge with a coloured rim; `unit` is one px of the screen. */
function badge({ x, y, number }, ink, unit) {
  const high = 15 * unit;
  const wide = high * (0.5 + 0.58 * `${number}`.length);
  return (
    `<rect x="${fixed(x - wide / 2)}" y="${fixed(y - high / 2)}" width="${fixed(wide)}" height="${fixed(high)}" ` +
    `rx="${fixed(high / 4)}" fill="${DARK}" fill-opacity=".88" stroke="${ink}" stroke-width="1.2" ` +
    `vector-effect="non-scaling-stroke"/><text x="${fixed(x)}" y="${fixed(y + 0.28 * high)}" fill="#fff" ` +
    `font-size="${fixed(0.78 * high)}" text-anchor="middle">${number}</text>`
  );
}

function arrow([ax, ay], [bx, by], unit) {
  const [dx, dy] = [bx - ax, by - ay];
  const length = Math.hypot(dx, dy);
  if (length < 0.5) return "";
  const head = Math.min(9 * unit, 0.6 * length) / length;
  const side = (s) => `${fixed(bx - head * (dx + s * dy))} ${fixed(by - head * (dy - s * dx))}`;
  const line = `M${fixed(ax)} ${fixed(ay)}L${fixed(bx)} ${fixed(by)}`;
  return rimmed(`<path d="${line}M${side(0.45)}L${fixed(bx)} ${fixed(by)}L${side(-0.45)}" ~/>`, "#ffffff", 2);
}

/** Of pixels on a grid that keeps its distance on the screen: a dot, and a stroke to where the pixel points. */
function strokes(scene, state, view, unit) {
  const spacing = Math.max(1, Math.round(32 * unit));
  let [lines, dots] = ["", ""];
  const first = (from) => Math.floor(from / spacing) * spacing + (spacing >> 1);
  const { width, height } = scene;
  for (let row = first(view.y); row < Math.min(height, view.y + view.height); row += spacing) {
    for (let column = first(view.x); column < Math.min(width, view.x + view.width); column += spacing) {
      if (row < 0 || column < 0 || scene.best[row * width + column] <= foregroundStep(state.foreground)) continue;
      const { offset } = valuesAt(scene, {}, [column, row]);
      dots += `M${column} ${row}h0`;
      lines += `M${column} ${row}L${fixed(column + offset[0])} ${fixed(row + offset[1])}`;
    }
  }
  const stroke = 'vector-effect="non-scaling-stroke" stroke-linecap="round" fill="none"';
  return (
    `<path d="${lines}" stroke="${DARK}" stroke-opacity=".6" stroke-width="1" ${stroke}/>` +
    `<path d="${dots}" stroke="${DARK}" stroke-width="3.5" ${stroke}/>`
  );
}

/** What stands while another pixel is chosen: strokes, ellipses and numbers of all instances. */
function drawAll(scene, list, state, view, inks, unit) {
  const parts = [];
  const wide = Math.sqrt(-Math.log(state.threshold)) * state.scale; // of a margin where κ is 1
  const ink = (instance) => inks[(instance.number - 1) % inks.length];
  if (state.layer === "offsets") parts.push(strokes(scene, state, view, unit));
  if (state.margins && state.layer !== "image") {
    for (const i of list) parts.push(ellipse([i.x, i.y], [wide / Math.sqrt(i.kx), wide / Math.sqrt(i.ky)], ink(i)));
    for (const i of list) parts.push(badge(i, ink(i), unit));
  }
  return parts.join("");
}

/** The chosen pixel. */
function drawChosen(story, unit) {
  const parts = [];
  const { offset, sigma } = story.beyond;
  if (!offset && !sigma) parts.push(ellipse(story.embedding, story.margin, "#ffffff", "6 5"));
  if (!offset) parts.push(arrow(story.pixel, story.embedding, unit));
  const [column, row] = story.pixel;
  const radius = fixed(Math.max(0.75, 4 * unit)); // round the pixel, also where it is large
  parts.push(rimmed(`<circle cx="${column}" cy="${row}" r="${radius}" ~/>`, "#ffffff", 2));
  return parts.join("");
}

// --------------------------------------------------------------------------------------------------------- words

const escape = (text) => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
// A class that this scene does not have is another model's, whose instances still stand here.
const nameOf = (names, cls) => escape(names[cls - 1] ?? "another model's class");
const plural = (number, thing) => `${number} ${thing}${number === 1 ? "" : "s"}`;
const half = (value) => (value === 0.5 ? "½" : value.toFixed(2));

/** "4 car, 3 person" */
function classCounts(list, names) {
  return names
    .map((name, c) => [list.filter((i) => i.cls === c + 1).length, name])
    .filter(([number]) => number)
    .map(([number, name]) => `${number} ${name}`)
    .join(", ");
}

const LAYER_WORDS = {
  image: "the image alone",
  offsets: "the offsets as colours and strokes",
  embeddings: "the embeddings, a dot where each pixel points",
  sigma: "sigma in pixels",
  "seed map": "the seed scores",
  membership: "the membership of every pixel in the winning instance",
  instances: "the instances over the image",
};

// Of a frozen page: it holds 8 bits a number, and their range is that of the pixels that take part.
const BEYOND = "beyond what this page holds, since the pixel takes no part";

function tellRank(rank, { names, coarse }) {
  if (!rank) return "none";
  const { instance, far } = rank;
  return `instance ${instance.number} (${nameOf(names, instance.cls)}), φ = ${Math.exp(-far).toFixed(coarse ? 2 : 3)}`;
}

/** No more decimals than a number of 8 bits has. */
const rounded = (value, step, { coarse }) => value.toFixed(coarse && step > 0.15 ? 0 : 1).replace(/^-(0(\.0)?)$/, "$1");

function tellOwner(story, state, names) {
  if (story.owner) return `instance ${story.owner.number} (${nameOf(names, story.owner.cls)})`;
  if (!story.takesPart) return `none: no seed score above ${state.foreground.toFixed(2)}, so the pixel takes no part`;
  return "none: no accepted instance of its class took it";
}

/** Who has the pixel, who would have it next, and why, [name, words]. */
function tellRanks(story, state, scene, overlaps) {
  const { winner, runnerUp, inside, beyond } = story;
  const [first, second] = [winner, runnerUp].map((rank) => (beyond.offset ? BEYOND : tellRank(rank, scene)));
  const owner = ["belongs to", tellOwner(story, state, scene.names)];
  if (!winner || beyond.offset) return [["winner", first], ["runner-up", second], owner];
  if (!inside) {
    const where = state.threshold === 0.5 ? "margin" : "ellipse";
    return [["nearest", `${first}: in no object's ${where}`], ["next nearest", second], owner];
  }
  const overlap = overlaps[winner.instance.number - 1];
  const judged = overlap && [["winner's overlap", overlap + (state.threshold === 0.5 ? "" : ", at membership ½")]];
  return [["winner", `${first}, inside its ellipse`], ...(judged ?? []), ["runner-up", second], owner];
}

/** The chosen pixel's story, [name, words]. */
function tellPixel(story, state, scene, overlaps) {
  const { beyond } = story;
  const place = (k) => (value) => rounded(value, scene.step[k], scene);
  const [across, down] = [place(0), place(1)];
  const px = ([x, y]) =>
    `${rounded(x, scene.step[2] * x, scene)} px across, ${rounded(y, scene.step[3] * y, scene)} px upright`;
  const sign = (text) => (text.startsWith("-") ? "" : "+") + text;
  const held = (cut, words) => (cut ? BEYOND : words);
  return [
    ["offset",
      held(beyond.offset, `${sign(across(story.offset[0]))} px across, ${sign(down(story.offset[1]))} px down`)],
    ["embedding", held(beyond.offset, `column ${across(story.embedding[0])}, row ${down(story.embedding[1])}`)],
    ["sigma", held(beyond.sigma, px(story.sigma))],
    [state.threshold === 0.5 ? "margin (dashed)" : `reach at ${half(state.threshold)} (dashed)`,
      held(beyond.sigma, px(story.margin))],
    ["seed score", `${story.score.toFixed(story.exact ? 3 : 2)}, highest for ${escape(story.scoreClass)}`],
    ...tellRanks(story, state, scene, overlaps),
  ];
}

/** Right and wrong are the clustering's, whatever the slider shows. */
const tellJudged = ({ threshold }) =>
  threshold === 0.5 ? "" : `At membership ½ (the method's; the picture shows ${threshold.toFixed(2)}):`;

/** From near: what part of the image is in view, as a frame in a frame and in words. */
function tellWhere({ x, y, width, height, full, zoom }) {
  if (zoom === 1) return "";
  const [wide, high] = full;
  const frame = ([left, top, across, down], more) =>
    `<rect x="${fixed(left)}" y="${fixed(top)}" width="${fixed(across)}" height="${fixed(down)}" ${more} ` +
    'stroke="#fff" vector-effect="non-scaling-stroke"/>';
  const small = 44 / Math.max(wide, high);
  const span = (from, length, whole) => `${Math.floor(from)}–${Math.ceil(from + length) - 1} of ${whole}`;
  return (
    `<svg viewBox="0 0 ${wide} ${high}" width="${fixed(small * wide)}" height="${fixed(small * high)}" ` +
    `aria-hidden="true">${frame([0, 0, wide, high], 'fill="none" stroke-opacity=".7"')}` +
    `${frame([x, y, width, height], 'fill="#fff" stroke-width="2"')}</svg>` +
    `<span>columns ${span(x, width, wide)}, rows ${span(y, height, high)}</span>`
  );
}

/** A strip of cividis with ticks at fractions of its length. */
function bar(palette, ticks, title) {
  const stops = Array.from({ length: 18 }, (_, i) => `rgb(${palette.subarray(45 * i, 45 * i + 3).join(",")})`);
  const marks = ticks.map(([where, text]) => `<span style="left:${(100 * where).toFixed(1)}%">${text}</span>`).join("");
  return (
    `<div class="lab-bar"><div class="lab-bar-title">${title}</div><div class="lab-bar-strip" ` +
    `style="background:linear-gradient(90deg,${stops})"></div><div class="lab-bar-ticks">${marks}</div></div>`
  );
}

function legend(scene, state, story, palette) {
  const unitTicks = [[0, "0"], [0.5, "0.5"], [1, "1"]];
  const whose = story.winner ? `in instance ${story.winner.instance.number}` : "the chosen pixel as seed";
  const which = state.seedClass ? `for ${nameOf(scene.names, state.seedClass)}` : "highest over the classes";
  const place = (v) => Math.log(v / scene.least) / Math.log(scene.largest / scene.least);
  const sigmas = [1, 2, 5, 10, 20, 50, 100, 200, 500].filter((v) => v >= scene.least && v <= scene.largest);
  const nth = strideOf(scene) ** 2;
  const rim =
    '<div class="lab-wheel"></div><div class="lab-wheel-words">centre: 0 px<br>' +
    `rim: ${scene.longest} px<br>or more</div>`;
  const [scale, words] = {
    image: ["", ""],
    offsets: [rim, "Colour: the direction in which a pixel points. Strokes: from a pixel on the grid to where it " +
      "points. Grey: takes no part. "],
    embeddings: ["", `Dots: where ${nth > 1 ? `every ${nth}th pixel` : "each pixel"} that takes part points, in its ` +
      "instance's colour; grey: in none. "],
    sigma: [bar(palette, sigmas.map((v) => [place(v), v]), "σ in px (geometric mean of the two axes)"),
      "Grey: takes no part. "],
    "seed map": [bar(palette, unitTicks, `seed score, ${which}`), ""],
    membership: [bar(palette, unitTicks, `membership φ, ${whose}`), ""],
    instances: ["", "Colour and outline: the pixels of an instance. "],
  }[state.layer];
  const margins =
    `Ellipse: where membership in an instance is ${half(state.threshold)}. ` +
    "Number: its order of acceptance, class by class. ";
  const drawn = state.margins && state.layer !== "image" ? margins : "";
  const truth = state.truth && scene.truth.length ? "Black and white dashes: the labels' outlines. " : "";
  const pixel =
    "Ring and arrow: the chosen pixel and its embedding; dashed ellipse: the margin it would have as a seed.";
  return `${scale}<div>${words}${drawn}${truth}${pixel}</div>`;
}

// ------------------------------------------------------------------------------------------------------ controls

function make(kind, attributes = {}, ...children) {
  const element = document.createElement(kind);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children);
  return element;
}

/** A slider with its name and value; `read` and `write` turn the trait into the slider's number and back. */
function slider(hub, trait, words, { min, max, step, read = (v) => v, write = (v) => v, show }) {
  const said = make("output");
  const input = make("input", {
    type: "range", step, "aria-label": words,
    oninput: () => hub.set(trait, write(Number(input.value))),
  });
  const follow = () => {
    [input.min, input.max] = [min(), max()];
    input.value = read(hub.get(trait));
    said.value = show(hub.get(trait));
    input.setAttribute("aria-valuetext", said.value);
  };
  const kind = `lab-x-slider lab-explorer-${trait.replaceAll("_", "-")}`;
  return { element: make("label", { class: kind }, make("span", {}, words), input, said), follow };
}

function select(hub, trait, words, options) {
  const input = make("select", {
    "aria-label": words,
    onchange: () => hub.set(trait, options()[input.selectedIndex][0]),
  });
  let known = "";
  const follow = () => {
    if (known !== (known = JSON.stringify(options())))
      input.replaceChildren(...options().map(([, text]) => make("option", {}, text)));
    input.selectedIndex = options().findIndex(([value]) => value === hub.get(trait));
  };
  const kind = `lab-x-select lab-explorer-${trait.replace("_name", "").replaceAll("_", "-")}`;
  return { element: make("label", { class: kind }, make("span", {}, words), input), follow };
}

function numberBox(hub, which, words) {
  const input = make("input", {
    type: "number", min: 0, step: 1, "aria-label": `${words} of the chosen pixel`,
    onchange: () => {
      const pixel = [...hub.get("pixel")];
      if (input.value !== "") pixel[which] = Number(input.value);
      hub.choose(...pixel);
      input.value = hub.get("pixel")[which]; // what was taken of 9999, also where it is the pixel of before
    },
  });
  let known = null;
  const follow = () => {
    input.max = hub.get(which ? "height" : "width") - 1;
    // Only when the pixel is another one: else what is being typed would be lost with the next picture.
    if (known !== (known = hub.get("pixel")[which])) input.value = known;
  };
  const kind = `lab-x-number lab-explorer-${words}`;
  return { element: make("label", { class: kind }, make("span", {}, words), input), follow };
}

function toggle(hub, trait, words) {
  const input = make("input", { type: "checkbox", onchange: () => hub.set(trait, input.checked) });
  return {
    element: make("label", { class: `lab-x-toggle lab-explorer-${trait}` }, input, words),
    follow: () => (input.checked = hub.get(trait)),
  };
}

function layerButtons(hub) {
  const buttons = LAYERS.map((layer) =>
    make("button", { type: "button", onclick: () => hub.set("layer", layer) }, layer));
  return {
    element: make("div", { class: "lab-x-layers lab-explorer-layer", role: "group", "aria-label": "layer" },
      ...buttons),
    follow: () => buttons.forEach((b) => b.setAttribute("aria-pressed", b.textContent === hub.get("layer"))),
  };
}

/** Whose seed map is shown; with another layer unseen, but its place is kept, so that nothing below moves. */
function seedClasses(hub) {
  const names = () => hub.get("class_names");
  const classes = select(hub, "seed_class", "class", () => ["highest of all", ...names()].map((name, c) => [c, name]));
  const follow = () => {
    classes.follow();
    classes.element.hidden = names().length < 2;
    const idle = hub.get("layer") !== "seed map";
    classes.element.classList.toggle("lab-x-unseen", idle);
    classes.element.querySelector("select").disabled = idle;
  };
  return { element: classes.element, follow };
}

/** σ and membership, which the page follows by itself; then what Python clusters with, where there is a Python. */
function makeSliders(hub) {
  const own = (name) => hub.get("own")[name];
  const two = (value) => value.toFixed(2);
  const sliders = [
    slider(hub, "sigma_scale", "σ scale (×)",
      { min: () => -2, max: () => 2, step: 0.05, read: Math.log2, write: (v) => 2 ** v, show: two }),
    slider(hub, "membership_threshold", "membership threshold",
      { min: () => 0.05, max: () => 0.95, step: 0.01, show: (v) => (v === 0.5 ? "½, the method's" : two(v)) }),
  ];
  if (!hub.get("kernel")) return sliders;
  return [...sliders,
    slider(hub, "seed_threshold", "seed threshold",
      { min: () => Math.min(0.05, own("seed_threshold")), max: () => 1, step: 0.01, show: two }),
    slider(hub, "foreground_threshold", "foreground threshold",
      { min: () => Math.min(0.05, own("foreground_threshold")), max: () => Math.max(0.95, own("foreground_threshold")),
        step: 0.01, show: two }),
    slider(hub, "min_pixels", "min_pixels",
      { min: () => 0, max: () => Math.max(500, 2 * own("min_pixels")), step: 1, show: (v) => `${v} px` }),
  ];
}

/** How the layer is shown; what does not concern it is hidden. */
function makeSwitches(hub) {
  const percent = (value) => `${Math.round(100 * value)} %`;
  const blend = slider(hub, "blend", "blend with the image", { min: () => 0, max: () => 1, step: 0.05, show: percent });
  const margins = toggle(hub, "margins", "ellipses and numbers");
  const truth = toggle(hub, "truth_outlines", "labels' outlines");
  const all = [blend, margins, truth];
  const follow = () => {
    all.forEach((control) => control.follow());
    blend.element.classList.toggle("lab-x-idle", hub.get("layer") === "image");
    truth.element.hidden = !hub.get("truth").byteLength;
  };
  return { elements: all.map((control) => control.element), follow };
}

/** All controls.  Those that take Python are left out where there is none, and it is said why. */
function makeControls(hub) {
  const [sliders, layers, switches] = [makeSliders(hub), layerButtons(hub), makeSwitches(hub)];
  const classes = seedClasses(hub);
  const chosen = select(hub, "model_name", "model", () => hub.get("models").map((name) => [name, name]));
  const reset = make("button", { type: "button", class: "lab-explorer-reset", onclick: () => hub.reset(),
    title: "All sliders back to the model's own values" }, "model's own");
  const why = make("p", { class: "lab-x-why" },
    "No Python runs behind this page. What takes it is not offered here: another model, and the clustering's own " +
    "thresholds (seed, foreground, min_pixels). In the notebook they are.");
  const row = (...items) => make("div", { class: "lab-x-row" }, ...items);
  const element = make("div", {},
    hub.get("kernel") ? row(chosen.element) : why,
    row(...sliders.map((s) => s.element), reset),
    row(layers.element, classes.element),
    row(...switches.elements));
  const all = [...sliders, chosen, layers, classes, switches];
  return { element, follow: () => all.forEach((control) => control.follow()) };
}

/** The model's traits and what only this view knows, under one roof. */
class Hub {
  constructor(model, changed) {
    this.model = model;
    this.changed = changed;
    this.own = { margins: true, truth_outlines: false };
    this.blends = { ...BLENDS };
  }

  get(name) {
    if (name === "blend") return this.blends[this.model.get("layer")] ?? 0;
    return name in this.own ? this.own[name] : this.model.get(name);
  }

  set(name, value) {
    if (name === "blend") this.blends[this.model.get("layer")] = value;
    else if (name in this.own) this.own[name] = value;
    else this.tell({ [name]: value });
    this.changed();
  }

  tell(values) {
    for (const [name, value] of Object.entries(values)) this.model.set(name, value);
    this.model.save_changes();
  }

  choose(column, row) {
    const within = (value, size) => Math.min(Math.max(Math.floor(value), 0), size - 1);
    this.set("pixel", [within(column, this.get("width")), within(row, this.get("height"))]);
  }

  reset() {
    // Without Python the instances stay those of the thresholds they were found with.
    this.tell({ sigma_scale: 1, membership_threshold: 0.5, ...(this.get("kernel") ? this.get("own") : {}) });
    this.changed();
  }

  /** What a picture depends on, besides prediction and instances. */
  get state() {
    const [layer, seedClass, scale, threshold, foreground, pixel, exact, blend, margins, truth] = [
      "layer", "seed_class", "sigma_scale", "membership_threshold", "foreground_threshold", "pixel", "exact", "blend",
      "margins", "truth_outlines",
    ].map((name) => this.get(name));
    return { layer, seedClass, scale, threshold, foreground, pixel, exact, blend, margins, truth };
  }
}

/** Whether the instances are those of what is chosen now; what is said while they are not. */
class Patience {
  constructor(model, changed) {
    Object.assign(this, { model, changed, asked: "", timer: 0, over: false });
  }

  words() {
    const get = (name) => this.model.get(name);
    const asked = ["sigma_scale", "seed_threshold", "foreground_threshold", "min_pixels"].map(get);
    const found = get("found_for");
    const other = (get("found_by") || get("model_name")) !== get("model_name");
    const settled = !other && asked.every((value, i) => Math.abs(value - found[i]) < 1e-6);
    this.await(settled ? "" : JSON.stringify([asked, found, get("model_name")]));
    if (settled) return "";
    if (!get("kernel"))
      return found[0] === 1 ? "as found with the network's own σ" : `as found with σ × ${found[0]?.toFixed(2)}`;
    if (this.over) return `no answer from Python: it is busy, or it has ended; then ${get("revival")}`;
    return other ? "… applying the model" : "… clustering again";
  }

  /** Every question, and every answer that is not yet the one, begins the wait anew. */
  await(asked) {
    if (asked === this.asked) return;
    this.stop();
    Object.assign(this, { asked, over: false });
    if (asked) this.timer = setTimeout(() => ((this.over = true), this.changed()), MOST_WAIT_MS);
  }

  stop() {
    clearTimeout(this.timer);
  }
}

/** What part of the image is in view: moved and enlarged, never beyond the image's border. */
class View {
  constructor(width, height) {
    Object.assign(this, { full: [width, height], x: 0, y: 0, zoom: 1 });
  }

  get width() {
    return this.full[0] / this.zoom;
  }

  get height() {
    return this.full[1] / this.zoom;
  }

  moveTo(x, y) {
    this.x = Math.min(Math.max(x, 0), this.full[0] - this.width);
    this.y = Math.min(Math.max(y, 0), this.full[1] - this.height);
  }

  /** Enlarge by a factor; the place (x, y) of the image stays where it is on the screen. */
  enlarge(factor, [x, y]) {
    const before = this.zoom;
    this.zoom = Math.min(Math.max(before * factor, 1), Math.max(1, Math.max(...this.full) / MOST_ZOOM_PX));
    const shrink = before / this.zoom;
    this.moveTo(x - (x - this.x) * shrink, y - (y - this.y) * shrink);
  }

  whole() {
    this.zoom = 1;
    this.moveTo(0, 0);
  }

  /** Bring a pixel into view, with a little of what is around it. */
  follow([column, row]) {
    const near = (at, start, size) => Math.min(Math.max(start, at + 1 - 0.95 * size), at - 0.05 * size);
    this.moveTo(near(column, this.x, this.width), near(row, this.y, this.height));
  }
}

/** The place of the image under the pointer. */
function placeOf(face, view, { clientX, clientY }) {
  const box = face.getBoundingClientRect();
  return [
    view.x + ((clientX - box.left) / box.width) * view.width,
    view.y + ((clientY - box.top) / box.height) * view.height,
  ];
}

/** A click chooses a pixel, and so does a drag over the whole picture; from near a drag moves it. */
function hearPointer(face, hub, view, changed) {
  let held = null; // where the pointer went down, and the view then
  const choose = (event) => hub.choose(...placeOf(face, view, event));
  face.addEventListener("pointerdown", (event) => {
    if (event.button || !event.isPrimary) return; // a right click, a second finger
    face.setPointerCapture(event.pointerId);
    held = { at: [event.clientX, event.clientY], view: [view.x, view.y], moved: false };
    if (view.zoom === 1) choose(event);
  });
  face.addEventListener("pointermove", (event) => {
    if (!held || !event.isPrimary || !(event.buttons & 1)) return;
    if (view.zoom === 1) return choose(event);
    const [dx, dy] = [event.clientX - held.at[0], event.clientY - held.at[1]];
    held.moved ||= Math.hypot(dx, dy) > 3; // a hand trembles
    if (!held.moved) return;
    const { width, height } = face.getBoundingClientRect();
    view.moveTo(held.view[0] - (dx / width) * view.width, held.view[1] - (dy / height) * view.height);
    changed();
  });
  face.addEventListener("pointerup", (event) => {
    if (!event.isPrimary) return;
    if (held && !held.moved && view.zoom > 1) choose(event);
    held = null;
  });
  face.addEventListener("pointercancel", (event) => {
    if (event.isPrimary) held = null;
  });
}

function hearWheel(face, view, hand) {
  face.addEventListener("wheel", (event) => {
    // Else a page that is scrolled would stop at every picture. Pinching a touchpad comes as a wheel with Ctrl.
    if (!event.ctrlKey && document.activeElement !== face) return;
    event.preventDefault();
    hand.zoom(2 ** (-event.deltaY / (event.ctrlKey ? 60 : 300)), placeOf(face, view, event));
  }, { passive: false });
}

function hearKeys(face, hub, view, hand) {
  const step = ([right, down], stride) => {
    const [column, row] = hub.get("pixel");
    hub.choose(column + stride * right, row + stride * down);
    view.follow(hub.get("pixel"));
  };
  face.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return; // the browser's own: back, forth, larger, smaller
    if (STEPS[event.key]) step(STEPS[event.key], event.shiftKey ? 10 : 1);
    else if (event.key === "+" || event.key === "=") hand.zoom(1.5);
    else if (event.key === "-") hand.zoom(1 / 1.5);
    else if (event.key === "0") hand.whole();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
}

/** What hand and keys do to the picture; returns what the buttons do, too. */
function listen(face, hub, view, changed) {
  const hand = {
    zoom(factor, place = hub.get("pixel").map((v) => v + 0.5)) {
      view.enlarge(factor, place);
      changed();
    },
    whole() {
      view.whole();
      changed();
    },
  };
  hearPointer(face, hub, view, changed);
  hearWheel(face, view, hand);
  hearKeys(face, hub, view, hand);
  face.addEventListener("dblclick", hand.whole);
  return hand;
}

// -------------------------------------------------------------------------------------------------------- render

const HELP =
  "Click: choose a pixel. Arrow keys: its neighbours, with shift ten away. + and −, or the wheel once the picture has " +
  "been clicked: zoom; then drag to move; 0 or a double click: the whole picture.";

/** The page's skeleton; parts are filled as things change. */
function makePage(controls, boxes) {
  const part = (name, kind = "div", more = {}) => make(kind, { class: name, ...more });
  const parts = {
    count: part("lab-count"), legend: part("lab-legend"),
    judged: part("lab-x-judged"), score: part("lab-x-score"), reading: part("lab-reading", "table"), canvas: part("lab-x-canvas", "canvas"),
    where: part("lab-x-where"), error: part("lab-x-error", "div", { role: "alert" }), said: part("lab-x-said", "div", { role: "status" }),
  };
  parts.drawing = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  parts.drawing.setAttribute("class", "lab-x-drawing lab-picture-drawing");
  parts.drawing.setAttribute("preserveAspectRatio", "none");
  parts.drawing.setAttribute("aria-hidden", "true");
  parts.drawing.innerHTML = "<g></g><g></g>";
  const face = make("div", { class: "lab-x-face", tabindex: 0, role: "img" }, parts.canvas, parts.drawing);
  const tools = make("div", { class: "lab-x-tools" });
  const chosen = make("div", { class: "lab-x-row lab-x-chosen" }, make("b", {}, "Chosen pixel"),
    ...boxes.map((box) => box.element));
  const element = make("div", { class: "lab-x" },
    controls.element, parts.count, make("div", { class: "lab-x-stage" }, face, tools, parts.where), parts.legend,
    make("p", { class: "lab-x-help" }, HELP),
    make("div", { class: "lab-x-columns" },
      make("div", {}, chosen, parts.reading),
      make("div", { class: "lab-x-truth" }, parts.judged, parts.score)),
    parts.said, parts.error);
  return { element, face, tools, ...parts };
}

function makeTools(hand) {
  const button = (name, sign, words, act) =>
    make("button", { type: "button", class: `lab-x-${name}`, title: words, "aria-label": words, onclick: act }, sign);
  return [
    button("in", "+", "zoom in", () => hand.zoom(1.5)),
    button("out", "−", "zoom out", () => hand.zoom(1 / 1.5)),
    button("whole", "⤢", "the whole picture", hand.whole),
  ];
}

// What is read anew when it changes: the prediction; the rest is asked for with every picture.
const LARGE = [
  "width", "height", "image", "bits", "fields", "field_low", "field_step", "seeds", "truth", "class_names", "ranges",
];
const SMALL = [
  "refused", "why_none", "found_for", "found_by", "models", "model_name", "own", "sigma_scale", "membership_threshold",
  "seed_threshold", "foreground_threshold", "min_pixels", "layer", "seed_class", "pixel", "exact", "overlaps",
  "truth_words",
];

/** The painter's life: its canvas, what it has to read anew, its loss and return, and Python's pictures instead. */
class Easel {
  constructor(page, hub, view, changed) {
    Object.assign(this, { page, hub, model: hub.model, view, changed, painter: null, scene: null, list: [], drawn: [] });
    this.palette = bytesOf(this.model.get("palette"));
    this.stale = new Set(["scene", "list"]);
    this.closed = false;
    this.lasting = ""; // what no picture that succeeds makes untrue
  }

  say(problem) {
    const words = problem ? `The explorer: ${problem.message ?? problem}` : "";
    const { error } = this.page;
    if (error.textContent !== words) error.textContent = words; // else it would be read out again
  }

  /** Another way to paint, on a canvas of its own: a canvas that was asked for one kind gives no other. */
  begin(kind) {
    const { page } = this;
    this.painter?.close();
    const canvas = page.canvas.cloneNode();
    page.canvas.replaceWith(canvas);
    page.canvas = canvas;
    this.painter = new kind(canvas);
    this.stale.add("scene").add("list");
    this.fit();
    canvas.addEventListener("webglcontextlost", (event) => {
      event.preventDefault(); // so that it may come back
      if (this.closed || canvas !== page.canvas) return;
      this.say("the browser has taken the graphics memory away; the picture returns when it gives it back.");
    });
    canvas.addEventListener("webglcontextrestored", () => this.start());
    // For tests and the curious: the instance of every pixel, row by row.
    canvas.readLabels = () => this.painter.readLabels(this.hub.state);
  }

  start() {
    const { hub, page } = this;
    this.say((this.lasting = ""));
    try {
      this.begin(Painter);
      this.read();
      if (hub.get("pictures")) hub.tell({ pictures: false }); // Python need paint no longer
      delete page.element.dataset.painter;
    } catch (problem) {
      this.begin(Pictures);
      const kernel = hub.get("kernel");
      hub.tell({ pictures: kernel });
      page.element.dataset.painter = "python";
      if (!kernel) this.say((this.lasting = `${problem.message}, so only the image is shown here, with its numbers.`));
      this.take();
    }
    this.changed();
  }

  /** Python's picture, where it is wanted. */
  async take() {
    if (this.painter instanceof Pictures && (await this.painter.take(this.model.get("png")))) this.changed();
  }

  /** The canvas as large as its place; whether it was not. */
  fit() {
    const { canvas, face } = this.page;
    const box = face.getBoundingClientRect();
    const dots = window.devicePixelRatio || 1;
    const [width, height] = [box.width, box.height].map((length) => Math.max(1, Math.round(length * dots)));
    if (canvas.width === width && canvas.height === height) return false;
    Object.assign(canvas, { width, height }); // this wipes the picture away
    return true;
  }

  /** Take over what has changed of the large things. */
  read() {
    const { model, stale, painter, page: { face } } = this;
    if (stale.has("scene")) {
      const scene = (this.scene = readScene(model));
      this.view.full = [scene.width, scene.height];
      face.style.aspectRatio = `${scene.width} / ${scene.height}`;
      face.style.setProperty("--wide", scene.width / scene.height);
      painter.load(scene, this.palette, model.get("inks"));
    }
    if (stale.has("list")) painter.list((this.list = readInstances(model)));
    stale.clear();
  }

  /** Paint and draw anew what still stands. */
  forget() {
    this.painter.painted = "";
    this.drawn = [];
  }

  show(state, story) {
    const { page, view, scene, list } = this;
    this.painter.paint(state, view, story);
    const unit = view.width / Math.max(1, page.face.clientWidth);
    page.drawing.setAttribute("viewBox", `${view.x - 0.5} ${view.y - 0.5} ${view.width} ${view.height}`);
    const drawings = [drawAll(scene, list, state, view, this.model.get("inks"), unit), drawChosen(story, unit)];
    drawings.forEach((shapes, i) => {
      if (shapes !== this.drawn[i]) page.drawing.children[i].innerHTML = this.drawn[i] = shapes; // thousands are dear
    });
    page.face.classList.toggle("lab-x-zoomed", view.zoom > 1);
  }

  get lost() {
    return this.closed || this.painter?.gl?.isContextLost();
  }

  close() {
    this.closed = true;
    this.painter?.close();
  }
}

/** What is written round the picture, and said of it. */
class Words {
  constructor(page, model, changed) {
    Object.assign(this, { page, model, told: "", speaking: 0, written: new Map() });
    this.patience = new Patience(model, changed);
  }

  /** Only where the words are others: a list that one scrolls would jump back to its top. */
  fill(element, html) {
    if (this.written.get(element) === html) return;
    this.written.set(element, html);
    element.innerHTML = html;
  }

  show({ scene, list, palette, view }, state, story) {
    const { page, model } = this;
    this.fill(page.legend, legend(scene, state, story, palette));
    this.fill(page.count, this.headline(scene, list));
    const overlaps = model.get("overlaps");
    this.fill(page.judged, overlaps.length ? tellJudged(state) : "");
    this.fill(page.score, model.get("truth_words"));
    this.fill(page.where, tellWhere(view));
    const rows = tellPixel(story, state, scene, overlaps);
    const cells = rows.map(([name, words]) => `<tr><th scope="row">${name}</th><td>${words}</td></tr>`);
    this.fill(page.reading, cells.join(""));
    this.describe(scene, list, state, rows);
  }

  headline(scene, list) {
    const refused = this.model.get("refused");
    const waiting = this.patience.words();
    this.page.element.dataset.settled = !waiting;
    const known = this.model.get("found_for").length; // else these are another model's, or none at all
    const number = known ? `<b>${list.length}</b> instance${list.length === 1 ? "" : "s"}` : "";
    const counts = list.length ? `: ${escape(classCounts(list, scene.names))}` : this.nothing;
    const more = refused && list.length ? ` · ${plural(refused, "proposal")} rejected` : "";
    return `${number}${counts}${more}` + (waiting && ` <span class="lab-x-waiting">${waiting}</span>`);
  }

  /** Why there is no instance, where there is none. */
  get nothing() {
    const why = this.model.get("why_none");
    return why && `: ${escape(why)}`;
  }

  /** The picture's name, and the pixel's story: said only where it is another, not at the start, nor at a zoom. */
  describe(scene, list, state, rows) {
    const [column, row] = state.pixel;
    const where = `Chosen pixel: column ${column}, row ${row}.`;
    const counts = plural(list.length, "instance") + (list.length ? `: ${classCounts(list, scene.names)}` : this.nothing);
    const name = `The scene, ${LAYER_WORDS[state.layer]}; ${counts}. ${where} ${HELP}`;
    this.page.face.setAttribute("aria-label", name);
    const story = `${where} ${rows.map(([what, words]) => `${what}: ${words}`).join("; ")}.`;
    // Once the hand rests, else a screen reader would stumble after every step of a drag.
    clearTimeout(this.speaking);
    this.speaking = setTimeout(() => {
      if (this.told && this.told !== story) this.page.said.innerHTML = story;
      this.told = story;
    }, 600);
  }

  close() {
    clearTimeout(this.speaking);
    this.patience.stop();
  }
}

/** Hear the model's traits; returns how to stop. */
function hear(model, easel, changed) {
  const stale = (part) => () => (easel.stale.add(part), changed());
  const acts = [
    ...LARGE.map((name) => [name, stale("scene")]), ...SMALL.map((name) => [name, changed]),
    ["instances", stale("list")], ["png", () => easel.take()],
  ].map(([name, act]) => [`change:${name}`, act]);
  acts.forEach(([name, act]) => model.on(name, act));
  return () => acts.forEach(([name, act]) => model.off(name, act));
}

/** JupyterLab leaves alone the keys of what carries its mark: an x would cut the cell; returns how to stop. */
function keepKeys(element) {
  const keep = (event) => {
    // Its own stay those with Control, to save from everywhere, Escape, to leave, and Shift+Enter, to run the cell.
    const its = event.ctrlKey || event.metaKey || event.altKey || event.key === "Escape" ||
      (event.key === "Enter" && event.shiftKey);
    if (element.contains(event.target)) event.target.toggleAttribute("data-lm-suppress-shortcuts", !its);
  };
  window.addEventListener("keydown", keep, true); // before JupyterLab, which listens at the document
  return () => window.removeEventListener("keydown", keep, true);
}

/**
 * Hear of light and dark, in JupyterLab, in the book or of the browser; returns how to stop.  While a theme changes its
 * styles go and come, the face has another size meanwhile, and what was painted may be gone.
 */
function hearTheme(changed) {
  const attributes = new MutationObserver(changed);
  attributes.observe(document.body, { attributeFilter: ["data-jp-theme-name", "data-theme"] });
  const dark = matchMedia("(prefers-color-scheme: dark)");
  dark.addEventListener("change", changed);
  return () => {
    attributes.disconnect();
    dark.removeEventListener("change", changed);
  };
}

function render({ model, el }) {
  let frame = 0;
  const schedule = () => (frame ||= requestAnimationFrame(update));
  const hub = new Hub(model, schedule);
  const view = new View(1, 1);
  const controls = makeControls(hub);
  const boxes = [numberBox(hub, 0, "column"), numberBox(hub, 1, "row")];
  const page = makePage(controls, boxes);
  page.tools.append(...makeTools(listen(page.face, hub, view, schedule)));
  el.append(page.element);
  const easel = new Easel(page, hub, view, schedule);
  const words = new Words(page, model, schedule);

  function update() {
    cancelAnimationFrame(frame);
    frame = 0;
    if (easel.lost) return;
    try {
      easel.read();
      const state = hub.state;
      const story = readPixel(easel.scene, easel.list, state);
      [controls, ...boxes].forEach((part) => part.follow());
      easel.show(state, story);
      words.show(easel, state, story);
      easel.say(easel.lasting);
    } catch (problem) {
      easel.say(problem);
    }
  }

  const anew = () => {
    easel.forget();
    update();
  };
  const themed = () => requestAnimationFrame(() => (anew(), requestAnimationFrame(anew))); // the styles' frame, and after
  const resized = new ResizeObserver(() => easel.fit() && update()); // at once: a frame later the picture would flicker
  resized.observe(page.face);
  const ends = [
    hear(model, easel, schedule), keepKeys(page.element), hearTheme(themed), () => resized.disconnect(),
    () => words.close(),
  ];
  easel.start();
  return () => [...ends, () => easel.close()].forEach((end) => end());
}

export default { render };
