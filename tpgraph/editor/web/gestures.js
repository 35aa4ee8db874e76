// @ts-check
/** Pointer gestures on the picture: select, drag to connect, tear off, rubber band, pan, zoom. */

/** @typedef {import("./picture.js").Fragment} Fragment */
/** @typedef {import("./canvas.js").Canvas} Canvas */
/** What is dragged: a mark of the picture, or a matrix of the shelf. */
/** @typedef {{fragment: Fragment | null, matrix: string | null}} Dragged */
/**
 * @typedef {object} Hearers
 * @property {(fragment: Fragment | null, more: boolean) => void} click
 * @property {(fragment: Fragment | null, world: [number, number]) => void} open double-click, or a long press
 * @property {(dragged: Dragged) => void} begin
 * @property {(dragged: Dragged, target: Fragment | null, only: boolean, at: [number, number]) => void} over
 * @property {(dragged: Dragged, target: Fragment | null, only: boolean, world: [number, number], at: [number, number]) => void} drop
 * @property {(line: Fragment) => void} tear the end of a line was dragged off
 * @property {(fragments: Fragment[], more: boolean) => void} band
 * @property {() => void} end
 * @property {(fragment: Fragment | null) => void} hover
 */

const SVG = "http://www.w3.org/2000/svg";
const STILL = 4; // pixels that a click may move
const TORN = 24; // pixels by which a line's end is dragged off

/** @param {Canvas} canvas @param {Hearers} hear */
export function gestures(canvas, hear) {
  const { element } = canvas;
  /** @type {null | {kind: "press" | "drag" | "band" | "pan" | "tear", fragment: Fragment | null, matrix: string | null, x: number, y: number, more: boolean, line: SVGElement | null}} */
  let active = null;
  let space = false;
  /** @type {Map<number, [number, number]>} */
  const fingers = new Map();

  element.addEventListener("keydown", (event) => {
    if (event.key === " ") {
      space = true;
      element.classList.add("pannable");
      event.preventDefault();
    }
  });
  element.addEventListener("keyup", (event) => {
    if (event.key === " ") {
      space = false;
      element.classList.remove("pannable");
    }
  });

  element.addEventListener("pointerdown", (event) => {
    fingers.set(event.pointerId, [event.clientX, event.clientY]);
    if (fingers.size === 2) {
      finish();
      active = { kind: "pan", fragment: null, matrix: null, x: 0, y: 0, more: false, line: null };
      return;
    }
    if (event.button > 1) return;
    element.focus({ preventScroll: true });
    const fragment = canvas.under(/** @type {Element} */ (event.target));
    const kind = space || event.button === 1 ? "pan" : "press";
    active = { kind, fragment, matrix: null, x: event.clientX, y: event.clientY, more: event.shiftKey || event.ctrlKey || event.metaKey, line: null };
    element.setPointerCapture(event.pointerId);
  });

  element.addEventListener("pointermove", (event) => {
    const before = fingers.get(event.pointerId);
    if (fingers.size === 2 && before) {
      pinch(event, before);
      return;
    }
    if (!active) {
      hear.hover(canvas.under(/** @type {Element} */ (event.target)));
      return;
    }
    move(event);
    fingers.set(event.pointerId, [event.clientX, event.clientY]);
  });

  /** @param {PointerEvent} event @param {[number, number]} before */
  function pinch(event, before) {
    const other = [...fingers].find(([id]) => id !== event.pointerId)?.[1];
    fingers.set(event.pointerId, [event.clientX, event.clientY]);
    if (!other) return;
    const was = Math.hypot(before[0] - other[0], before[1] - other[1]);
    const is = Math.hypot(event.clientX - other[0], event.clientY - other[1]);
    canvas.pan((event.clientX - before[0]) / 2, (event.clientY - before[1]) / 2);
    if (was > 0) canvas.zoom(is / was, (event.clientX + other[0]) / 2, (event.clientY + other[1]) / 2);
  }

  /** @param {PointerEvent} event */
  function move(event) {
    if (!active) return;
    const [dx, dy] = [event.clientX - active.x, event.clientY - active.y];
    if (active.kind === "press" && Math.hypot(dx, dy) > STILL) begin();
    if (active.kind === "pan") {
      canvas.pan(dx, dy);
      [active.x, active.y] = [event.clientX, event.clientY];
    } else if (active.kind === "drag" && active) {
      rubber(event);
      const target = targetAt(event);
      hear.over(dragged(), target, event.shiftKey, [event.clientX, event.clientY]);
    } else if (active.kind === "band" || active.kind === "tear") rubber(event);
  }

  function begin() {
    if (!active) return;
    const { fragment } = active;
    if (!fragment && !active.matrix) active.kind = "band";
    else if (fragment?.layer === "edges") active.kind = "tear";
    else if (fragment && fragment.layer !== "variables") {
      active.kind = "band";
      active.fragment = null;
    } else {
      active.kind = "drag";
      hear.begin(dragged());
    }
    const tag = active.kind === "band" ? "rect" : "line";
    active.line = /** @type {SVGElement} */ (canvas.document.createElementNS(SVG, tag));
    active.line.setAttribute("class", active.kind === "band" ? "band" : "rubber");
    canvas.above.append(active.line);
  }

  /** @returns {Dragged} */
  function dragged() {
    return { fragment: active?.fragment ?? null, matrix: active?.matrix ?? null };
  }

  /** @param {PointerEvent} event */
  function targetAt(event) {
    const found = canvas.tree.elementsFromPoint(event.clientX, event.clientY);
    for (const element of found) {
      const fragment = canvas.under(element);
      if (fragment && fragment.key !== active?.fragment?.key) return fragment;
    }
    return null;
  }

  /** @param {PointerEvent} event */
  function rubber(event) {
    if (!active?.line) return;
    const [x, y] = canvas.worldAt(event.clientX, event.clientY);
    const [x0, y0] = active.kind === "drag" && active.fragment
      ? [active.fragment.x, active.fragment.y]
      : canvas.worldAt(active.x, active.y);
    const values = active.kind === "band"
      ? { x: Math.min(x, x0), y: Math.min(y, y0), width: Math.abs(x - x0), height: Math.abs(y - y0) }
      : { x1: x0, y1: y0, x2: x, y2: y };
    for (const [name, value] of Object.entries(values)) active.line.setAttribute(name, String(value));
  }

  element.addEventListener("pointerup", (event) => {
    fingers.delete(event.pointerId);
    if (!active) return;
    const { kind, fragment, more, x, y } = active;
    const world = canvas.worldAt(event.clientX, event.clientY);
    const target = kind === "drag" ? targetAt(event) : null;
    const what = dragged();
    finish(kind === "drag");
    if (kind === "press") hear.click(fragment, more);
    else if (kind === "drag") hear.drop(what, target, event.shiftKey, world, [event.clientX, event.clientY]);
    else if (kind === "band") hear.band(inside(canvas.worldAt(x, y), world), more);
    else if (kind === "tear" && fragment && Math.hypot(event.clientX - x, event.clientY - y) > TORN) {
      hear.tear(fragment);
    }
  });
  element.addEventListener("pointercancel", (event) => {
    fingers.delete(event.pointerId);
    finish();
  });

  /** @param {[number, number]} a @param {[number, number]} b */
  function inside([x0, y0], [x1, y1]) {
    const [left, right] = [Math.min(x0, x1), Math.max(x0, x1)];
    const [top, bottom] = [Math.min(y0, y1), Math.max(y0, y1)];
    return canvas.marks.filter((f) => f.x >= left && f.x <= right && f.y >= top && f.y <= bottom);
  }

  /** End what is going on; a drop ends its drag itself. @param {boolean} [dropped] */
  function finish(dropped = false) {
    active?.line?.remove();
    const was = active?.kind;
    active = null;
    if (!dropped && (was === "drag" || was === "tear")) hear.end();
  }

  element.addEventListener("dblclick", (event) => {
    // The pointer was captured by the canvas, so that the event does not say on what it was made.
    const fragment = canvas.under(canvas.tree.elementFromPoint(event.clientX, event.clientY));
    hear.open(fragment, canvas.worldAt(event.clientX, event.clientY));
  });
  element.addEventListener("wheel", (event) => {
    event.preventDefault();
    const step = event.deltaMode === 1 ? 16 : 1;
    canvas.zoom(Math.exp(-event.deltaY * step * 0.0015), event.clientX, event.clientY);
  }, { passive: false });
  element.addEventListener("contextmenu", (event) => event.preventDefault());

  return {
    /** Begin to drag a matrix of the shelf. @param {string} matrix @param {PointerEvent} event */
    drag(matrix, event) {
      event.preventDefault();
      active = { kind: "press", fragment: null, matrix, x: event.clientX, y: event.clientY, more: false, line: null };
      element.setPointerCapture(event.pointerId);
    },
    /** Give up what is going on. */
    cancel: () => finish(),
    /** Whether a drag is going on. */
    get dragging() {
      return active !== null && active.kind !== "press";
    },
  };
}
