// When a hand moved a figure, and when the pictures of it were on the screen.  Runs before everything else on the page.
//
// A step begins with the time that the browser gives its event.  A picture is there once the frame that shows it has
// been made: after what changed come the frame's own callbacks, style, layout and paint, and only then a message.

(() => {
  const PICTURES = "svg.lab-board, .lab-picture, .lab-x-face, canvas";
  const watch = { place: null, kind: "", event: null, pictures: [], stirred: 0, begun: 0 };
  const PATIENCE = 10_000; // ms, after which a step is one that changes nothing
  const observer = new MutationObserver((changes) => {
    watch.stirred = performance.now();
    if (changes.some(({ target }) => (target.closest ?? target.parentElement?.closest)?.call(target, PICTURES))) painted();
  });
  const frames = new MessageChannel();
  let due = false;
  frames.port1.onmessage = () => {
    due = false;
    watch.pictures.push(performance.now());
  };

  function painted() {
    watch.stirred = performance.now();
    if (due || watch.event === null) return;
    due = true;
    requestAnimationFrame(() => frames.port2.postMessage(0));
  }

  // A canvas changes without a word.  One pixel is read back, since WebGL answers before it has drawn.
  for (const name of ["drawArrays", "drawElements"]) {
    const draw = WebGL2RenderingContext.prototype[name];
    WebGL2RenderingContext.prototype[name] = function (...values) {
      draw.apply(this, values);
      if (!this.getParameter(this.FRAMEBUFFER_BINDING)) {
        this.readPixels(0, 0, 1, 1, this.RGBA, this.UNSIGNED_BYTE, new Uint8Array(4));
        painted();
      }
    };
  }
  const image = CanvasRenderingContext2D.prototype.drawImage;
  CanvasRenderingContext2D.prototype.drawImage = function (...values) {
    image.apply(this, values);
    painted();
  };

  for (const kind of ["keydown", "pointermove", "pointerup"]) {
    const hear = (event) => {
      if (event.isTrusted && watch.event === null && watch.kind === kind) watch.event = event.timeStamp;
    };
    window.addEventListener(kind, hear, true);
  }

  window.labWatch = {
    /** The next event of this kind begins a step in the figure at this place. */
    begin(place, kind) {
      const figure = document.querySelector(place);
      if (watch.place !== figure) {
        observer.disconnect();
        observer.observe(figure, { subtree: true, childList: true, attributes: true, attributeFilter: ["src", "href"] });
      }
      const now = performance.now();
      Object.assign(watch, { place: figure, kind, event: null, pictures: [], stirred: now, begun: now });
    },
    /** Whether a picture has come, or none will, and nothing more for so many ms. */
    rests(ms) {
      const now = performance.now();
      return (watch.pictures.length > 0 || now - watch.begun > PATIENCE) && !due && now - watch.stirred > ms;
    },
    /** ms from the event to each picture. */
    times: () => watch.pictures.map((time) => time - watch.event),
  };
})();
