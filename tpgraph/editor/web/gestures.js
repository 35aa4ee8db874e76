/** Pointer gestures on the picture: select, connect, tear off, band, pan, zoom. */

const SVG = "http://www.w3.org/2000/svg";
const STILL = 4; // pixels that a click may move
const TORN = 24; // pixels by which a line's end is dragged off

/** @param {Canvas} canvas @param {GestureHearers} hear */
export function gestures(canvas, hear) {
	const { element } = canvas;
	/** @type {null | {kind: "press" | "drag" | "band" | "pan" | "tear", fragment: Fragment | null, matrix: string | null, id: number, x: number, y: number, more: boolean, line: SVGElement | null}} */
	let active = null;
	/** @type {Point} */
	let place = [0, 0]; // of the pointer
	let space = false;
	let shift = false; // for "only here"
	let second = false; // the same by a second finger
	/** @type {Map<number, Point>} */
	const fingers = new Map();

	/** @param {boolean} held */
	const pannable = (held) => element.classList.toggle("pannable", (space = held));
	element.addEventListener("keydown", (event) => {
		if (event.key === " ") {
			pannable(true);
			event.preventDefault();
		} else if (event.key === "Shift") tell(true);
	});
	element.addEventListener("keyup", (event) => {
		if (event.key === "Shift") tell(false);
		if (event.key === " ") pannable(false);
	});
	element.addEventListener("blur", () => pannable(false)); // it is let go elsewhere

	element.addEventListener("pointerdown", (event) => {
		fingers.set(event.pointerId, [event.clientX, event.clientY]);
		if (fingers.size === 2) {
			if (joins()) return tell((second = !second)); // a tap by it is what Shift is to a mouse
			finish();
			active = { kind: "pan", fragment: null, matrix: null, id: 0, x: 0, y: 0, more: false, line: null };
			return;
		}
		if (event.button > 1) return;
		element.focus({ preventScroll: true });
		const fragment = canvas.at(event.clientX, event.clientY);
		hear.hover(null);
		const kind = space || event.button === 1 ? "pan" : "press";
		active = { kind, fragment, matrix: null, id: event.pointerId, x: event.clientX, y: event.clientY, more: event.shiftKey || event.ctrlKey || event.metaKey, line: null };
		element.setPointerCapture(event.pointerId);
	});

	element.addEventListener("pointermove", (event) => {
		const before = fingers.get(event.pointerId);
		if (joins()) {
			if (event.pointerId !== active?.id) return;
		} else if (fingers.size === 2 && before) {
			pinch(event, before);
			return;
		}
		if (!active) {
			hear.hover(canvas.at(event.clientX, event.clientY));
			return;
		}
		move(event);
		fingers.set(event.pointerId, [event.clientX, event.clientY]);
	});

	/** @param {PointerEvent} event @param {Point} before */
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
		place = [event.clientX, event.clientY];
		const [dx, dy] = [event.clientX - active.x, event.clientY - active.y];
		if (active.kind === "press" && Math.hypot(dx, dy) > STILL) begin();
		if (active.kind === "pan") {
			canvas.pan(dx, dy);
			[active.x, active.y] = [event.clientX, event.clientY];
		} else if (active.kind !== "press") {
			rubber(event);
			tell(event.shiftKey || second);
		}
	}

	/** Whether something is dragged that joins or parts marks. */
	function joins() {
		return active?.kind === "drag" || active?.kind === "tear";
	}

	/** Say what would be done where the pointer is. @param {boolean} only */
	function tell(only = shift) {
		shift = only;
		if (active?.kind === "drag") hear.over(dragged(), canvas.at(...place, active.fragment?.key), only, place);
		else if (active?.kind === "tear") hear.tear(torn(active) ? active.fragment : null, only, place);
	}

	/** @param {{x: number, y: number}} from */
	function torn({ x, y }) {
		return Math.hypot(place[0] - x, place[1] - y) > TORN;
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
		if (joins() && event.pointerId !== active.id) return;
		const only = event.shiftKey || second;
		const { kind, fragment, more, x, y } = active;
		place = [event.clientX, event.clientY];
		const world = canvas.worldAt(...place);
		const target = kind === "drag" ? canvas.at(...place, fragment?.key) : null;
		const what = dragged();
		const off = kind === "tear" && torn(active);
		finish(kind === "drag" || off);
		if (kind === "press") hear.click(fragment, more);
		else if (kind === "drag") hear.drop(what, target, only, world, place);
		else if (kind === "band") hear.band(inside(canvas.worldAt(x, y), world), more);
		else if (off && fragment) hear.tear(fragment, only, null);
	});
	element.addEventListener("pointercancel", (event) => {
		fingers.delete(event.pointerId);
		finish();
	});

	/** @param {Point} a @param {Point} b */
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
		second = false;
		if (!dropped && (was === "drag" || was === "tear")) hear.end();
	}

	element.addEventListener("pointerleave", () => hear.hover(null));
	element.addEventListener("dblclick", (event) => {
		hear.open(canvas.at(event.clientX, event.clientY), canvas.worldAt(event.clientX, event.clientY));
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
			active = { kind: "press", fragment: null, matrix, id: event.pointerId, x: event.clientX, y: event.clientY, more: false, line: null };
			element.setPointerCapture(event.pointerId);
		},
		/** Say again what would be done. */
		tell: () => tell(),
		/** Give up what is going on. */
		cancel: () => finish(),
		/** Whether a drag is going on. */
		get dragging() {
			return active !== null && active.kind !== "press";
		},
	};
}
