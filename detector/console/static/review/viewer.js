// A listing's picture beside a reference: zoom and pan both, lay one over the other.

const BLINK_MS = 600, STEP = 1.4, MOST = 12;

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
    for (const pane of this.panes) this.listen(pane.querySelector(".stage"));
    this.show(0, "side");
  }

  /** Zoom with the wheel, two fingers or keys; pan by dragging or arrows with Shift. */
  listen(stage) {
    const fingers = new Map();
    let spread = 0;
    stage.addEventListener("wheel", (event) => {
      event.preventDefault();
      const box = stage.getBoundingClientRect();
      this.zoomBy(event.deltaY < 0 ? 1.15 : 1 / 1.15,
        (event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
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
      const box = stage.getBoundingClientRect();
      if (fingers.size === 2) {
        const [a, b] = [...fingers.values()];
        const now = Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY);
        if (spread) {
          this.zoomBy(now / spread, ((a.clientX + b.clientX) / 2 - box.left) / box.width,
            ((a.clientY + b.clientY) / 2 - box.top) / box.height);
        }
        spread = now;
        return;
      }
      this.panBy((event.clientX - before.clientX) / box.width, (event.clientY - before.clientY) / box.height);
    });
    for (const name of ["pointerup", "pointercancel"]) {
      stage.addEventListener(name, (event) => { fingers.delete(event.pointerId); spread = 0; });
    }
    stage.addEventListener("keydown", (event) => {
      const steps = { ArrowLeft: [0.1, 0], ArrowRight: [-0.1, 0], ArrowUp: [0, 0.1], ArrowDown: [0, -0.1] };
      const step = event.shiftKey && steps[event.key];
      if (!step) return;
      event.preventDefault();
      this.panBy(...step);
    });
  }

  zoom(how) {
    if (how === "fit") this.view = { scale: 1, x: 0, y: 0 };
    else this.zoomBy(how === "in" ? STEP : 1 / STEP, 0.5, 0.5);
    this.place();
  }

  /** Zoom about a point, given as a share of the stage. */
  zoomBy(factor, x, y) {
    const scale = Math.min(MOST, Math.max(1, this.view.scale * factor));
    const ratio = scale / this.view.scale;
    this.view = { scale, x: x - (x - this.view.x) * ratio, y: y - (y - this.view.y) * ratio };
    this.place();
  }

  panBy(x, y) {
    this.view.x += x;
    this.view.y += y;
    this.place();
  }

  /** Move what both stages show; the pictures' rims stay outside the stages'. */
  place() {
    const { scale } = this.view;
    for (const axis of ["x", "y"]) this.view[axis] = Math.min(0, Math.max(1 - scale, this.view[axis]));
    for (const pane of this.panes) {
      const layer = pane.querySelector(".layer");
      layer.style.transform = `translate(${100 * this.view.x}%, ${100 * this.view.y}%) scale(${scale})`;
    }
    this.element.dataset.scale = scale.toFixed(2);
  }

  /** Show a pair of pictures, in one of the ways. */
  show(index, mode) {
    const pair = this.pairs[index];
    const isLaid = pair.aligned !== null;
    this.mode = isLaid ? mode : "side";
    this.index = index;
    const { picture, reference } = pair;
    this.fill(this.panes[0], picture.is_kept ? picture : null, reference && reference.query_region);
    this.fill(this.panes[1], reference, reference && reference.reference_region);
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

  /** Show as much of the reference as the slider says. */
  layOver() {
    this.over.style.clipPath = this.mode === "slider" ? `inset(0 ${100 - this.slide.value}% 0 0)` : "";
  }

  /** Fill a pane with a picture, outlined. */
  fill(pane, shown, region) {
    const image = pane.querySelector(".base"), svg = pane.querySelector("svg");
    image.hidden = !shown;
    pane.querySelector(".gone").hidden = Boolean(shown);
    if (shown && image.getAttribute("src") !== shown.url) image.src = shown.url;
    const { width, height } = shown || { width: 4, height: 3 };
    pane.querySelector(".layer").style.aspectRatio = `${width} / ${height}`;
    const stage = pane.querySelector(".stage");
    stage.style.aspectRatio = `${width} / ${height}`;
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    const points = shown && region ? region.map((corner) => corner.join(",")).join(" ") : "";
    for (const polygon of svg.querySelectorAll("polygon")) polygon.setAttribute("points", points);
  }
}

init(document);
document.addEventListener("page-shown", (event) => init(event.detail.root));
