// The explorer without a kernel: its own front, given what was frozen for it.

import { mount } from "./mount.js";
import { slot } from "./page.js";
import explorer from "../../widgets/explorer/explorer.js";

export default async function start(figure, traits) {
  if (!document.createElement("canvas").getContext("webgl2")) throw new Error("this browser has no WebGL 2");
  await mount(explorer, slot(figure).drawing, traits);
}
