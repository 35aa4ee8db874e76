/** The picture: one <g> a mark, patched by fragment, moved by transform; pan and zoom transform the
 * world group. Nothing of it is ever read back as the program. */

import { applied, LAYERS, marks } from "./picture.js";
import { fitted, following, isSeen, isWhole, panned, worldAt, zoomed } from "./view.js";

const SVG = "http://www.w3.org/2000/svg";
const XLINK = "http://www.w3.org/1999/xlink";

/** A picture on the page. */
export class Canvas {
	/** @param {Document} document @param {string} label */
	constructor(document, label) {
		this.document = document;
		this.element = document.createElementNS(SVG, "svg");
		this.element.setAttribute("class", "canvas");
		this.element.setAttribute("tabindex", "0");
		this.element.setAttribute("role", "application");
		this.label = label;
		this.name("");
		this.glyphs = this.make("defs", this.element);
		/** @type {Set<string>} */
		this.known = new Set();
		this.world = this.make("g", this.element);
		this.world.setAttribute("class", "world");
		this.above = this.make("g", this.element);
		this.above.setAttribute("class", "above");
		/** @type {Map<string, SVGElement>} */
		this.layers = new Map();
		for (const layer of LAYERS) {
			const group = this.make("g", this.world);
			group.setAttribute("class", `layer ${layer}`);
			this.layers.set(layer, group);
		}
		/** @type {Fragment[]} */
		this.fragments = [];
		/** @type {Map<string, SVGElement>} */
		this.shown = new Map();
		/** @type {Box} */
		this.box = [0, 0, 0, 0];
		/** @type {Viewport} */
		this.view = { k: 1.6, x: 40, y: 40 };
		/** @type {Set<string>} */
		this.selected = new Set();
		/** The marks that were made last, until the viewport is moved by hand. @type {Set<string>} */
		this.come = new Set();
		/** What it is while nothing takes room away. @type {Viewport | null} */
		this.roomy = null;
		/** @type {(() => void) | null} */
		this.moved = null;
		this.ids = 0;
		/** How large a picture becomes that is fitted into the window. */
		this.most = 2.2;
		/** The window, which is measured when it changes: asking for it lays the page out. */
		this.window = { width: 800, height: 600 };
		new ResizeObserver(() => this.resized()).observe(this.element);
		this.place();
	}

	/** What is said of the whole picture, behind what it is. @param {string} more */
	name(more) {
		const name = more ? `${this.label}; ${more}` : this.label;
		if (this.element.getAttribute("aria-label") !== name) this.element.setAttribute("aria-label", name);
	}

	/** @param {string} tag @param {Element} parent @returns {SVGElement} */
	make(tag, parent) {
		const element = this.document.createElementNS(SVG, tag);
		parent.append(element);
		return element;
	}

	/** Show a picture, or what has changed of it; what is looked at of it stays where it is. Returns the marks that are new.
	 * @param {Picture} picture @param {boolean} [animated] */
	show(picture, animated = false) {
		const before = new Set(this.shown.keys());
		const held = animated ? null : this.lookedAt;
		for (const [id, path] of Object.entries(picture.glyphs)) this.addGlyph(id, path);
		const { fragments, drawn } = applied(this.fragments, picture);
		const kept = new Set(fragments.map((f) => f.key));
		for (const [key, element] of this.shown) {
			if (!kept.has(key)) {
				element.remove();
				this.shown.delete(key);
				this.selected.delete(key);
			}
		}
		this.world.classList.toggle("animated", animated);
		const anew = fragments.filter((f) => drawn.has(f.key) || !this.shown.has(f.key));
		const markup = parsed(anew.map((f) => f.svg));
		const nodes = new Map(anew.map((f, i) => [f.key, markup[i]]));
		for (const fragment of fragments) this.draw(fragment, nodes.get(fragment.key));
		if (picture.full || picture.order) this.order(fragments);
		this.fragments = fragments;
		this.box = picture.box;
		const now = held && this.fragment(held.key);
		if (now) this.view = panned(this.view, this.view.k * (held.x - now.x), this.view.k * (held.y - now.y));
		this.place();
		const come = this.marks.filter((f) => !before.has(f.key));
		if (come.length) this.come = new Set(come.map((f) => f.key));
		return come;
	}

	/** The places of marks and lines in the text, which move with every edit above them.
	 * @param {Record<string, Span>} spans */
	setSpans(spans) {
		for (const fragment of this.fragments) fragment.span = spans[fragment.key] ?? null;
	}

	/** @param {string} id @param {string} path */
	addGlyph(id, path) {
		if (this.known.has(id)) return;
		this.known.add(id);
		const element = this.make("path", this.glyphs);
		element.setAttribute("id", id);
		element.setAttribute("d", path);
	}

	/** @param {Fragment} fragment @param {ChildNode[]} [nodes] what it looks like, where that is new */
	draw(fragment, nodes) {
		let element = this.shown.get(fragment.key);
		if (!element) {
			const layer = this.layers.get(fragment.layer) ?? this.world;
			element = this.make("g", layer);
			element.id = `mark-${++this.ids}`;
			element.dataset.key = fragment.key;
			this.shown.set(fragment.key, element);
		}
		if (nodes) this.paint(element, fragment, nodes);
		else if (element.hasAttribute("role") && element.getAttribute("aria-label") !== fragment.title) element.setAttribute("aria-label", fragment.title);
		const transform = `translate(${fragment.x}px, ${fragment.y}px)`;
		if (element.style.transform !== transform) element.style.transform = transform;
	}

	/** @param {SVGElement} element @param {Fragment} fragment @param {ChildNode[]} nodes */
	paint(element, fragment, nodes) {
		const state = [...element.classList].filter((name) => STATES.has(name));
		element.setAttribute("class", `mark ${fragment.kind} ${state.join(" ")}`.trim());
		element.replaceChildren(...nodes);
		const hit = hitArea(this.document, element, fragment);
		if (hit) element.prepend(hit);
		if (fragment.layer === "variables" || fragment.layer === "gates") {
			element.setAttribute("role", "img");
			element.setAttribute("aria-label", fragment.title);
		} else element.setAttribute("aria-hidden", "true");
	}

	/** Elements in the order of the fragments. @param {readonly Fragment[]} fragments */
	order(fragments) {
		for (const layer of LAYERS) {
			const parent = this.layers.get(layer);
			let at = parent?.firstElementChild ?? null;
			for (const fragment of fragments) {
				const element = fragment.layer === layer ? this.shown.get(fragment.key) : null;
				if (!element || !parent) continue;
				if (element === at) at = at.nextElementSibling;
				else parent.insertBefore(element, at);
			}
		}
	}

	/** @param {string} key */
	fragment(key) {
		return this.fragments.find((f) => f.key === key) ?? null;
	}

	/** The vectors, scalars and gates. */
	get marks() {
		return marks(this.fragments);
	}

	/** The tree that the picture stands in: of the document, or the shadow tree of a notebook's cell. */
	get tree() {
		return /** @type {Document | ShadowRoot} */ (this.element.getRootNode());
	}

	/** What is meant at a place of the window: the nearest vector, else a gate, a line, what a label is of.
	 * @param {number} x @param {number} y @param {string} [but] a key that is not meant
	 * @returns {Fragment | null} */
	at(x, y, but) {
		const hit = this.tree.elementsFromPoint(x, y).filter((e) => this.element.contains(e) && !e.closest(".label"));
		const keys = new Set(hit.map((e) => e.closest("[data-key]")?.getAttribute("data-key")));
		const found = this.fragments.filter((f) => keys.has(f.key) && f.key !== but && NEARER.includes(f.layer));
		if (found.length < 2) return found[0] ?? this.labelled(x, y, but);
		const order = new Map(found.map((f) => [f, NEARER.indexOf(f.layer) * 1e6 + this.distance(f, x, y)]));
		return found.sort((a, b) => Number(order.get(a)) - Number(order.get(b)))[0];
	}

	/** Where a mark or line is taken hold of, in pixels of the picture. @param {string} key @returns {Point} */
	handle(key) {
		const fragment = this.fragment(key);
		const line = this.shown.get(key)?.querySelector(".hit-line");
		const own = line instanceof SVGGeometryElement ? line.getPointAtLength(0.6 * line.getTotalLength()) : { x: 0, y: 0 };
		const { k, x, y } = this.view;
		return [k * ((fragment?.x ?? 0) + own.x) + x, k * ((fragment?.y ?? 0) + own.y) + y];
	}

	/** A place of the picture in pixels of what it stands in, as beside a shelf. @param {Point} place @returns {Point} */
	placed([x, y]) {
		const [own, around] = [this.element, this.element.parentElement ?? this.element].map((e) => e.getBoundingClientRect());
		return [x + own.left - around.left, y + own.top - around.top];
	}

	/** A mark's middle, below it and its label, and above it, in pixels. @param {Fragment} mark @returns {[number, number, number]} */
	around({ key, x, y }) {
		const box = this.shown.get(key)?.getBoundingClientRect();
		const { top } = this.element.getBoundingClientRect();
		const { view } = this;
		const at = view.k * y + view.y;
		return [view.k * x + view.x, box ? box.bottom - top : at, box ? box.top - top : at];
	}

	/** Pixels between a place of the window and a vector or a line. @param {Fragment} fragment @param {number} x @param {number} y */
	distance(fragment, x, y) {
		const [wx, wy] = this.worldAt(x, y);
		const [px, py] = [wx - fragment.x, wy - fragment.y];
		const line = this.shown.get(fragment.key)?.querySelector(".hit-line");
		if (!(line instanceof SVGGeometryElement)) return this.view.k * Math.hypot(px, py);
		const length = line.getTotalLength();
		const parts = Math.ceil(length);
		const away = Array.from({ length: parts + 1 }, (_, i) => line.getPointAtLength((length * i) / parts)).map((p) => Math.hypot(p.x - px, p.y - py));
		return this.view.k * Math.min(...away);
	}

	/** The mark or line whose label stands at a place of the window.
	 * @param {number} x @param {number} y @param {string} [but] */
	labelled(x, y, but) {
		return this.fragments.find((f) => {
			if (f.key === but || !NEARER.includes(f.layer)) return false;
			const box = this.shown.get(f.key)?.querySelector(".label")?.getBoundingClientRect();
			return box && box.left <= x && x <= box.right && box.top <= y && y <= box.bottom;
		}) ?? null;
	}

	/** Lines that would come, above the picture. @param {[string, string][]} lines from variables to what they make */
	draft(lines) {
		this.above.querySelectorAll(".draft").forEach((line) => line.remove());
		for (const [from, to] of lines) {
			const source = this.fragment(`variables/${from}`);
			const target = this.fragment(`gates/${to}:gate`) ?? this.fragment(`variables/${to}`);
			if (!source || !target) continue;
			const line = this.make("line", this.above);
			line.setAttribute("class", "rubber draft");
			Object.entries({ x1: source.x, y1: source.y, x2: target.x, y2: target.y }).forEach(([name, value]) => line.setAttribute(name, String(value)));
		}
	}

	/** Give marks a state, and take it from all others.
	 * @param {string} state one of lit, faded, accepts, refuses, done, hidden-mark @param {Iterable<string>} keys */
	mark(state, keys) {
		const wanted = new Set(keys);
		for (const [key, element] of this.shown) element.classList.toggle(state, wanted.has(key));
	}

	/** @param {Iterable<string>} keys */
	select(keys) {
		this.selected = new Set([...keys].filter((key) => this.shown.has(key)));
		this.mark("selected", this.selected);
		const last = [...this.selected].at(-1);
		const element = last ? this.shown.get(last) : null;
		if (element) this.element.setAttribute("aria-activedescendant", element.id);
		else this.element.removeAttribute("aria-activedescendant");
	}

	// ---- the viewport

	get size() {
		const { left, top } = this.element.getBoundingClientRect();
		return { ...this.window, left, top };
	}

	measure() {
		const { width, height } = this.element.getBoundingClientRect();
		if (width && height) this.window = { width, height };
		return this.window;
	}

	/** What was whole in the window stays so, and is as large again where there is room again; what takes room away
	 * covers nothing just made, else nothing selected. */
	resized() {
		const whole = this.isWhole;
		const { width, height } = this.window;
		const last = [...this.selected].at(-1);
		const kept = this.marks.filter(({ key, x, y }) => (this.come.size ? this.come.has(key) : key === last && isSeen(this.view, [x, y, x, y], width, height)));
		this.measure();
		const least = this.view.k < READABLE ? 0 : READABLE;
		this.roomy = whole ? this.roomy ?? this.view : null;
		this.view = this.roomy ?? this.view;
		this.follow(kept, whole, least);
		this.place();
	}

	place() {
		const { k, x, y } = this.view;
		const transform = `translate(${x}px, ${y}px) scale(${k})`;
		this.world.style.transform = transform;
		this.above.style.transform = transform;
		this.element.style.setProperty("--zoom", String(k));
		this.moved?.();
	}

	fit() {
		const { width, height } = this.measure();
		this.hold();
		this.view = fitted(this.box, width, height, 24, this.most);
		this.place();
	}

	/** Bring new marks into the window; all of the picture if that was `whole` before, and can be read so; else it stays.
	 * @param {readonly Fragment[]} come @param {boolean} whole @param {number} [least] zoom at which it is read */
	follow(come, whole, least = Math.min(READABLE, this.view.k)) {
		const { width, height } = this.window;
		let box = this.box;
		if (!whole || following(this.view, box, width, height).k < least) {
			if (come.length === 0) return;
			const [xs, ys] = [come.map((f) => f.x), come.map((f) => f.y)];
			box = [Math.min(...xs) - AROUND, Math.min(...ys) - AROUND, Math.max(...xs) + AROUND, Math.max(...ys) + AROUND];
		}
		if (isWhole(this.view, box, width, height)) return;
		this.world.classList.add("following");
		this.view = following(this.view, box, width, height);
		this.place();
	}

	/** The viewport is moved by hand from here on. */
	hold() {
		this.roomy = null;
		this.come.clear();
		if (this.world.classList.contains("following")) this.world.classList.remove("following");
	}

	/** @param {number} dx @param {number} dy */
	pan(dx, dy) {
		this.hold();
		this.view = panned(this.view, dx, dy);
		this.place();
	}

	/** @param {number} factor @param {number} [clientX] @param {number} [clientY] */
	zoom(factor, clientX, clientY) {
		const { width, height, left, top } = this.size;
		const px = clientX === undefined ? width / 2 : clientX - left;
		const py = clientY === undefined ? height / 2 : clientY - top;
		this.hold();
		this.view = zoomed(this.view, factor, px, py);
		this.place();
	}

	/** @param {number} clientX @param {number} clientY */
	worldAt(clientX, clientY) {
		const { left, top } = this.size;
		return worldAt(this.view, clientX - left, clientY - top);
	}

	/** The mark that is looked at where only a part of the picture is seen: selected, else nearest the middle. */
	get lookedAt() {
		const { width, height } = this.window;
		const seen = this.isWhole ? [] : this.marks.filter(({ x, y }) => isSeen(this.view, [x, y, x, y], width, height));
		const [cx, cy] = worldAt(this.view, width / 2, height / 2);
		const away = (/** @type {Fragment} */ { key, x, y }) => (this.selected.has(key) ? -1 : Math.hypot(x - cx, y - cy));
		return seen.sort((a, b) => away(a) - away(b))[0] ?? null;
	}

	/** Whether nothing of the picture is outside of the window. */
	get isWhole() {
		return isWhole(this.view, this.box, this.window.width, this.window.height);
	}

	get isSeen() {
		const { width, height } = this.window;
		return this.fragments.length === 0 || isSeen(this.view, this.box, width, height);
	}
}

export const READABLE = 0.7; // a zoom at which labels are still read
const AROUND = 24; // pt around a mark, for its label
const NEARER = ["variables", "gates", "edges"];
const STATES = new Set(["selected", "lit", "faded", "accepts", "refuses", "done", "hidden-mark", "ghost"]);

/** The elements of some fragments' markups, read at once: a reader for each takes longer than reading.
 * @param {string[]} svgs */
function parsed(svgs) {
	const text = `<svg xmlns="${SVG}" xmlns:xlink="${XLINK}"><g>${svgs.join("</g><g>")}</g></svg>`;
	const root = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
	return [...root.children].map((group) => [...group.childNodes]);
}

/** What a pointer hits of a mark: 9 px each side of a line, 12 px around a vector.
 * @param {Document} document @param {SVGElement} element @param {Fragment} fragment */
function hitArea(document, element, fragment) {
	if (fragment.layer === "edges") {
		const line = element.querySelector("path, polyline, line");
		const hit = /** @type {SVGElement | null} */ (line?.cloneNode(false) ?? null);
		if (!hit) return null;
		for (const name of ["stroke", "stroke-width", "stroke-dasharray", "fill"]) hit.removeAttribute(name);
		hit.setAttribute("class", "hit hit-line");
		return hit;
	}
	if (fragment.layer === "variables") {
		const hit = document.createElementNS(SVG, "circle");
		hit.setAttribute("class", "hit hit-vector");
		return hit;
	}
	return null;
}
