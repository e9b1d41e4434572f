// Mounts an anywidget's module on a plain page: no kernel, no widget manager, only a model that tells of its changes.

const same = (a, b) =>
  Object.is(a, b) || (plain(a) && plain(b) && JSON.stringify(a) === JSON.stringify(b));
const plain = (value) => value !== null && typeof value === "object" && !ArrayBuffer.isView(value);

// What anywidgets use of a model.  Nobody is behind it: save_changes has nobody to save for.
export class Model {
  constructor(values) {
    this.values = { ...values };
    this.listeners = []; // [name, callback]
  }

  get(name) {
    return this.values[name];
  }

  // set("name", value) or set({ name: value, … }); as in a notebook, who listens hears of it at once, and only if
  // the value is another one.
  set(names, value) {
    const given = typeof names === "string" ? { [names]: value } : names;
    const changed = Object.keys(given).filter((name) => !same(this.values[name], given[name]));
    for (const name of changed) this.values[name] = given[name];
    for (const name of changed) this.tell(`change:${name}`, given[name]);
    if (changed.length) this.tell("change");
  }

  save_changes() {}

  send() {}

  on(names, callback) {
    for (const name of names.split(/\s+/)) this.listeners.push([name, callback]);
  }

  // Without names all events, without callback all that listen.
  off(names, callback) {
    const gone = names?.split(/\s+/);
    this.listeners = this.listeners.filter(
      ([name, heard]) => (gone && !gone.includes(name)) || (callback && heard !== callback),
    );
  }

  tell(name, value) {
    for (const [heard, callback] of [...this.listeners]) if (heard === name) callback(this, value);
  }
}

// The widget of a module on an element of the page; the model is what can be changed from outside.
export async function mount(front, el, values) {
  const widget = typeof front === "function" ? await front() : front;
  const model = new Model(values);
  await widget.initialize?.({ model });
  const end = await widget.render({ model, el });
  return { model, end };
}

// What lab/book/alive/samples.py wraps: bytes of Python come as a DataView, as in a notebook.
export async function thaw(value) {
  if (Array.isArray(value)) return Promise.all(value.map(thaw));
  if (!plain(value)) return value;
  if (typeof value.zlib === "string") return inflate(value.zlib);
  const entries = Object.entries(value).map(async ([name, each]) => [name, await thaw(each)]);
  return Object.fromEntries(await Promise.all(entries));
}

async function inflate(base64) {
  const packed = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new DataView(await new Response(stream).arrayBuffer());
}
