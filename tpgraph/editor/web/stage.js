/** What a class sees: marks that are hidden and shown again, a pointer that leaves a fading trace. */

const FADES = 900; // milliseconds in which a trace is gone

/** Marks that are hidden from a class, and the pointer over a picture. */
export class Stage {
	/** @param {Canvas} canvas */
	constructor(canvas) {
		this.canvas = canvas;
		/** @type {Set<string>} */
		this.hidden = new Set();
		this.tracing = false;
		this.at = [0, 0];
		canvas.element.addEventListener("pointermove", (event) => (this.at = [event.clientX, event.clientY]));
	}

	/** Hide the selected marks; without any, show again all that are hidden. */
	hide() {
		const { canvas, hidden } = this;
		if (canvas.selected.size) canvas.selected.forEach((key) => hidden.add(key));
		else hidden.clear();
		canvas.mark("hidden-mark", this.withLines());
		canvas.select([]);
	}

	/** The hidden marks with their labels, plots and lines. */
	withLines() {
		const names = new Set([...this.hidden].map((key) => key.slice(key.indexOf("/") + 1)));
		return this.canvas.fragments.flatMap((f) => {
			const own = f.key.slice(f.key.indexOf("/") + 1);
			const ends = [f.source, f.target].some((end) => end !== undefined && names.has(String(end)));
			return names.has(own) || ends ? [f.key] : [];
		});
	}

	/** Show everything again. */
	reveal() {
		this.hidden.clear();
		this.canvas.mark("hidden-mark", []);
	}

	/** A pointer that leaves a fading trace, until its key is let go. @param {string} key */
	trace(key) {
		if (this.tracing) return;
		this.tracing = true;
		const { canvas } = this;
		const group = canvas.make("g", canvas.above);
		group.setAttribute("class", "trace");
		/** @type {{x: number, y: number, time: number}[]} */
		let points = [];
		const draw = () => {
			const now = performance.now();
			if (this.tracing) points.push({ ...place(canvas.worldAt(this.at[0], this.at[1])), time: now });
			points = points.filter(({ time }) => now - time < FADES);
			group.replaceChildren(...points.slice(1).map((to, i) => segment(canvas, points[i], to, 1 - (now - to.time) / FADES)));
			if (points.length > 0) requestAnimationFrame(draw);
			else group.remove();
		};
		/** @param {KeyboardEvent} event */
		const end = (event) => {
			if (event.key !== key) return;
			this.tracing = false;
			document.removeEventListener("keyup", end, true);
		};
		document.addEventListener("keyup", end, true); // before a notebook's cell keeps it from the notebook
		draw();
	}
}

/** @param {Point} point */
function place([x, y]) {
	return { x, y };
}

/** @param {Canvas} canvas @param {{x: number, y: number}} from @param {{x: number, y: number}} to @param {number} opacity */
function segment(canvas, from, to, opacity) {
	const line = canvas.document.createElementNS("http://www.w3.org/2000/svg", "line");
	for (const [name, value] of Object.entries({ x1: from.x, y1: from.y, x2: to.x, y2: to.y, opacity })) line.setAttribute(name, String(value));
	return line;
}
