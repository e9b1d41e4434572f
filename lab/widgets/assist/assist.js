// Names what ipywidgets leaves nameless in a figure, and keeps its keys from JupyterLab.

const PLAYS = { "fa-play": "play", "fa-pause": "pause", "fa-stop": "stop, back to the beginning", "fa-retweet": "repeat" };
const MARK = "data-lm-suppress-shortcuts"; // JupyterLab leaves alone the keys of what carries it
const FRAMES = 600; // to wait for the figure: some 10 s of a page that is seen

// Only where something changes: else it would wake the observer.
function set(element, name, value) {
  if (!value) element.removeAttribute(name);
  else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

// A slider is called what is written before it, and says what is written behind it: by itself it would say a power or
// a place in a list.
function nameSlider(knob) {
  const slider = knob.closest(".widget-slider");
  const label = slider?.querySelector(".widget-label");
  if (!label) return;
  label.id ||= `lab-label-${Math.random().toString(36).slice(2)}`; // every figure has a module, so no counting
  set(knob, "aria-labelledby", label.id);
  const readout = slider.querySelector(".widget-readout");
  if (!readout || readout.style.display === "none") return;
  set(knob, "aria-valuetext", readout.textContent);
  readout.setAttribute("role", "textbox");
  set(readout, "aria-labelledby", label.id);
}

function namePlay(button) {
  const icon = [...button.querySelector("i").classList].find((name) => PLAYS[name]);
  set(button, "aria-label", PLAYS[icon]);
}

// A group of buttons is called what is written before it.
function nameGroup(group) {
  const label = group.querySelector(".widget-label");
  group.setAttribute("role", "group");
  set(group, "aria-label", label?.textContent);
  for (const button of group.querySelectorAll("button")) {
    set(button, "aria-pressed", String(button.classList.contains("mod-active")));
  }
}

function name(figure) {
  figure.querySelectorAll(".noUi-handle").forEach(nameSlider);
  figure.querySelectorAll(".widget-play button").forEach(namePlay);
  figure.querySelectorAll(".widget-toggle-buttons").forEach(nameGroup);
}

// A plain key in a figure is the figure's: to JupyterLab a b would mean a new cell, an x to cut the cell and with it the
// figure.  JupyterLab's are Escape, Shift+Enter (but every Enter on a drawing's handle is the drawing's), and all keys
// with Control, so that one can save from everywhere.
function isPlain(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  return event.key !== "Escape" && !(event.key === "Enter" && event.shiftKey);
}

function assist(figure) {
  const keep = (event) => {
    if (event.target instanceof Element && figure.contains(event.target)) event.target.toggleAttribute(MARK, isPlain(event));
  };
  const observer = new MutationObserver((changes) => {
    const ours = changes.filter(({ target }) => target instanceof HTMLElement); // no redrawing of an svg
    for (const { target } of ours) if (target.matches(".noUi-handle")) nameSlider(target);
    if (ours.some(({ target }) => !target.matches(".noUi-handle"))) name(figure);
  });
  observer.observe(figure, {
    subtree: true, childList: true, attributes: true, attributeFilter: ["aria-valuetext", "class"],
  });
  name(figure);
  window.addEventListener("keydown", keep, true); // before JupyterLab, which listens at the document
  return () => {
    observer.disconnect();
    window.removeEventListener("keydown", keep, true);
  };
}

function render({ el }) {
  let stop = () => cancelAnimationFrame(frame);
  let frame = 0;
  const begin = (left) => {
    const figure = el.closest(".lab-live"); // only once the whole figure is on the page
    if (figure) stop = assist(figure);
    else if (left) frame = requestAnimationFrame(() => begin(left - 1));
  };
  begin(FRAMES);
  return () => stop();
}

export default { render };
