// A listing's picture beside a reference: zoom and pan both, lay one over the other.

import { tell } from "/static/console.js";
import { Placing } from "/static/review/placing.js";

const BLINK_MS = 600, STEP = 1.4, MOST = 12, STAGE_PX = 1024, LARGE_FROM = 1.8;
const SLIDES = /^(Arrow|Home$|End$|Page)/;

/** Make the viewer of a page work, if it has one. */
export function init(root) {
  const viewer = root.querySelector("#viewer");
  if (viewer && !viewer.dataset.ready) new Viewer(viewer);
}

class Viewer {
  constructor(element) {
    element.dataset.ready = "yes";
    this.element = element;
    this.pairs = JSON.parse(element.dataset.pairs);
    this.panes = [...element.querySelectorAll(".pane")];
    this.over = element.querySelector(".over");
    this.slide = element.querySelector(".slide input");
    this.mode = "side";
    this.view = { scale: 1, x: 0, y: 0 };
    this.isAimed = true; // at the matched part, until somebody looks elsewhere
    for (const button of element.querySelectorAll("[data-mode]")) {
      button.addEventListener("click", () => this.show(this.index, button.dataset.mode));
    }
    for (const button of element.querySelectorAll("[data-pair]")) {
      button.addEventListener("click", () => this.show(Number(button.dataset.pair), this.mode));
    }
    for (const button of element.querySelectorAll("[data-turn]")) {
      button.addEventListener("click", () => {
        const n = this.pairs.length;
        this.show((this.index + Number(button.dataset.turn) + n) % n, this.mode);
      });
    }
    for (const button of element.querySelectorAll("[data-zoom]")) {
      button.addEventListener("click", () => this.zoom(button.dataset.zoom));
    }
    this.outline = element.querySelector("[data-outline]");
    this.outline.addEventListener("click", () => {
      const isOn = this.outline.getAttribute("aria-pressed") !== "true";
      this.outline.setAttribute("aria-pressed", String(isOn));
      element.classList.toggle("bare", !isOn);
    });
    this.slide.addEventListener("input", () => this.layOver());
    this.slide.addEventListener("keydown", (event) => { if (SLIDES.test(event.key)) event.stopPropagation(); });
    this.over.addEventListener("error", () => {
      if (this.over.hidden && this.mode === "side") return;
      tell(element.dataset.failed);
      this.show(this.index, "side");
    });
    for (const pane of this.panes) {
      this.listen(pane.querySelector(".stage"), pane.dataset.side === "reference");
      const base = pane.querySelector(".base");
      base.addEventListener("error", () => { base.hidden = true; pane.querySelector(".gone").hidden = false; });
    }
    this.show(0, "side");
  }

  /** Zoom with the wheel, two fingers or keys; pan by dragging or arrows with Shift. */
  listen(stage, isReference) {
    const fingers = new Map();
    let spread = 0;
    const zoomAt = (factor, clientX, clientY) => {
      this.isAimed = false;
      const box = stage.getBoundingClientRect();
      this.zoomBy(factor, ...this.onPicture([(clientX - box.left) / box.width, (clientY - box.top) / box.height], isReference));
    };
    stage.addEventListener("wheel", (event) => {
      if (event.deltaY > 0 && this.view.scale === 1) return; // whole already: the page scrolls
      event.preventDefault();
      zoomAt(event.deltaY < 0 ? 1.15 : 1 / 1.15, event.clientX, event.clientY);
    }, { passive: false });
    stage.addEventListener("pointerdown", (event) => {
      stage.setPointerCapture(event.pointerId);
      fingers.set(event.pointerId, event);
      spread = 0;
    });
    stage.addEventListener("pointermove", (event) => {
      const before = fingers.get(event.pointerId);
      if (!before) return;
      fingers.set(event.pointerId, event);
      if (fingers.size === 2) {
        const [a, b] = [...fingers.values()];
        const now = Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY);
        if (spread) zoomAt(now / spread, (a.clientX + b.clientX) / 2, (a.clientY + b.clientY) / 2);
        spread = now;
        return;
      }
      const box = stage.getBoundingClientRect();
      this.panBy((event.clientX - before.clientX) / box.width, (event.clientY - before.clientY) / box.height, isReference);
    });
    for (const name of ["pointerup", "pointercancel"]) {
      stage.addEventListener(name, (event) => { fingers.delete(event.pointerId); spread = 0; });
    }
    stage.addEventListener("keydown", (event) => {
      const steps = { ArrowLeft: [0.1, 0], ArrowRight: [-0.1, 0], ArrowUp: [0, 0.1], ArrowDown: [0, -0.1] };
      const step = event.shiftKey && steps[event.key];
      if (!step) return;
      event.preventDefault();
      this.panBy(...step, isReference);
    });
  }

  zoom(how) {
    if (how === "fit") {
      this.view = { scale: 1, x: 0, y: 0 };
      this.isAimed = true;
      this.place();
      return;
    }
    this.zoomBy(how === "in" ? STEP : 1 / STEP, 0.5, 0.5);
    if (!this.isAimed || !this.matched) return;
    const { scale } = this.view, { left, right, top, bottom } = this.matched;
    this.view = { scale, x: 0.5 - (left + right) / 2 * scale, y: 0.5 - (top + bottom) / 2 * scale };
    this.place();
  }

  /** Zoom about a point, given as a share of the picture's stage. */
  zoomBy(factor, x, y) {
    const scale = Math.min(MOST, Math.max(1, this.view.scale * factor));
    const ratio = scale / this.view.scale;
    this.view = { scale, x: x - (x - this.view.x) * ratio, y: y - (y - this.view.y) * ratio };
    this.place();
  }

  /** Pan by shares of a stage. */
  panBy(x, y, isReference) {
    this.isAimed = false;
    const from = this.onPicture([0.5, 0.5], isReference), to = this.onPicture([0.5 + x, 0.5 + y], isReference);
    this.view.x += to[0] - from[0];
    this.view.y += to[1] - from[1];
    this.place();
  }

  /** Say where on the picture's stage a point of a stage lies. */
  onPicture(point, isReference) {
    if (!isReference || !this.placing) return point;
    const { scale, x, y } = this.referenceView();
    const [px, py] = this.placing.forward([(point[0] - x) / scale, (point[1] - y) / scale]);
    return [this.view.x + px * this.view.scale, this.view.y + py * this.view.scale];
  }

  /** What the reference's stage shows: the same part of the thing, in the same size. */
  referenceView() {
    if (!this.placing || this.view.scale === 1) return this.view;
    const middle = ["x", "y"].map((axis) => (0.5 - this.view[axis]) / this.view.scale);
    const there = this.placing.backward(middle).map((share) => Math.min(1, Math.max(0, share)));
    const [ours, theirs] = this.panes.map((pane) => pane.querySelector(".stage").clientWidth);
    const ratio = this.placing.enlargement(there) * ours / theirs;
    // From the whole picture to the same size without a jump.
    const scale = Math.min(2 * MOST, Math.max(1, this.view.scale * ratio ** Math.min(1, Math.log2(this.view.scale))));
    return within({ scale, x: 0.5 - there[0] * scale, y: 0.5 - there[1] * scale });
  }

  /** Move what both stages show. */
  place() {
    within(this.view);
    const views = [this.view, this.referenceView()];
    this.panes.forEach((pane, n) => {
      const { scale, x, y } = views[n];
      const { style } = pane.querySelector(".layer");
      style.transform = `translate(${100 * x}%, ${100 * y}%) scale(${scale})`;
      style.setProperty("--scale", scale);
      if (scale > LARGE_FROM) sharpen(pane);
    });
    this.element.dataset.scale = this.view.scale.toFixed(2);
  }

  /** Show a pair of pictures, in one of the ways. */
  show(index, mode) {
    const pair = this.pairs[index];
    const isLaid = pair.aligned !== null;
    this.mode = isLaid ? mode : "side";
    this.index = index;
    const { picture, reference } = pair;
    this.placing = reference && reference.homography && picture.width ? new Placing(reference.homography, reference, picture) : null;
    this.matched = this.placing && boxOf(reference.query_region, picture);
    this.fill(this.panes[0], picture.is_kept ? picture : null, reference && reference.query_region);
    this.fill(this.panes[1], this.element.dataset.references ? reference : null, reference && reference.reference_region);
    for (const button of this.element.querySelectorAll("[data-mode]")) {
      button.setAttribute("aria-pressed", String(button.dataset.mode === this.mode));
      button.disabled = button.dataset.mode !== "side" && !isLaid;
    }
    for (const button of this.element.querySelectorAll("[data-pair]")) {
      button.setAttribute("aria-pressed", String(Number(button.dataset.pair) === index));
    }
    const chosen = this.element.querySelector(`[data-pair="${index}"]`);
    this.element.querySelector("[data-caption=picture]").textContent = picture.position;
    this.element.querySelector("[data-caption=reference]").textContent = reference ? reference.external_id : "";
    this.element.querySelector("[data-measured]").textContent = chosen.getAttribute("aria-label");
    this.element.dataset.shown = this.mode;
    this.element.querySelector(".slide").hidden = this.mode !== "slider";
    this.element.querySelector(".legend").hidden = this.mode !== "difference";
    clearInterval(this.blinking);
    if (this.mode === "side") {
      this.over.hidden = true;
      this.over.removeAttribute("src");
    } else {
      const source = this.mode === "difference" ? pair.difference : pair.aligned;
      if (this.over.getAttribute("src") !== source) this.over.src = source;
      this.over.hidden = false;
    }
    if (this.mode === "blink") {
      this.blinking = setInterval(() => {
        if (!this.over.isConnected) clearInterval(this.blinking);
        this.over.hidden = !this.over.hidden;
      }, BLINK_MS);
    }
    this.layOver();
    this.place();
  }

  /** Show as much of the reference as the slider says: from its left rim to its right. */
  layOver() {
    if (this.mode !== "slider") {
      this.over.style.clipPath = "";
      return;
    }
    const { left, right } = this.matched, until = left + (right - left) * this.slide.value / 100;
    this.over.style.clipPath = `inset(0 ${100 * (1 - until)}% 0 0)`;
  }

  /** Fill a pane with a picture, outlined. */
  fill(pane, shown, region) {
    const image = pane.querySelector(".base"), svg = pane.querySelector("svg");
    image.hidden = !shown;
    pane.querySelector(".gone").hidden = Boolean(shown);
    if (shown && ![shown.url, shown.large].includes(image.getAttribute("src"))) image.src = shown.url;
    const isReduced = shown && image.getAttribute("src") === shown.url && Math.max(shown.width, shown.height) > STAGE_PX;
    pane.dataset.large = isReduced ? shown.large : "";
    const { width, height } = shown || { width: 4, height: 3 };
    pane.querySelector(".layer").style.aspectRatio = `${width} / ${height}`;
    const stage = pane.querySelector(".stage");
    stage.style.aspectRatio = `${width} / ${height}`;
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    const points = shown && region ? region.map((corner) => corner.join(",")).join(" ") : "";
    for (const polygon of svg.querySelectorAll("polygon")) polygon.setAttribute("points", points);
  }
}

/** Say which part of a picture a region takes up, in shares of its sides. */
function boxOf(region, { width, height }) {
  const xs = region.map(([x]) => (x + 0.5) / width), ys = region.map(([, y]) => (y + 0.5) / height);
  return { left: Math.min(...xs), right: Math.max(...xs), top: Math.min(...ys), bottom: Math.max(...ys) };
}

/** Keep a picture's rims outside its stage's. */
function within(view) {
  for (const axis of ["x", "y"]) view[axis] = Math.min(0, Math.max(1 - view.scale, view[axis]));
  return view;
}

/** Show a picture in its own size, once it is there. */
function sharpen(pane) {
  const { large } = pane.dataset;
  if (!large) return;
  pane.dataset.large = "";
  const image = pane.querySelector(".base"), before = image.getAttribute("src");
  const loaded = new Image();
  loaded.addEventListener("load", () => { if (image.getAttribute("src") === before) image.src = large; });
  loaded.src = large;
}

init(document);
document.addEventListener("page-shown", (event) => init(event.detail.root));
