/** A program for students: its pictures, steps and distributions, without server and network.
 * Everything stands in the page as data; nothing is computed here but what is seen of it. */

import { Canvas } from "./canvas.js";
import { colouredLines } from "./colour.js";
import { h } from "./dom.js";
import { spanUnits } from "./places.js";
import { Stage } from "./stage.js";
import { lightStep, stepOf, stepWords } from "./step.js";

class Page {
	/** @param {HTMLElement} root @param {Lesson} lesson */
	constructor(root, lesson) {
		this.root = root;
		this.lesson = lesson;
		this.pass = lesson.passes[0];
		this.at = 0;
		/** What is shown: the steps of a pass, its folded picture, or distributions.
		 * @type {"steps" | "folded" | "widths"} */
		this.shows = "steps";
		this.width = Math.floor((lesson.widths.length - 1) / 2);
		this.canvas = new Canvas(document, `Picture of ${lesson.name}`);
		/** @type {Picture | null} */
		this.painted = null;
		this.canvas.most = 4;
		this.stage = new Stage(this.canvas);
		this.listing = h("pre.listing", { tabindex: 0, "aria-label": "Program text" });
		this.tools = h("div.toolbar", { role: "toolbar", "aria-label": "Views" });
		this.panel = h("div.panels", { "aria-live": "polite" });
		this.describes = h("div.describes");
		const text = h("section.text", { "aria-label": "Text" }, this.listing);
		const picture = h("section.picture", { "aria-label": "Picture" });
		picture.append(this.canvas.element);
		root.classList.add("tpgraph", "tpgraph-editor", "lesson");
		root.classList.toggle("dark", lesson.dark);
		const keys = "→ ← steps · h hides what is selected · hold l to point · b dark · t text · f full screen · 0 show all";
		root.append(this.tools, h("div.body", {}, text, picture), this.panel, h("footer", {}, this.describes, h("span.keys", {}, keys)));
		this.listen();
		this.paint();
		this.canvas.fit();
	}

	// ---- what is shown

	/** @param {"steps" | "folded" | "widths"} shows @param {LessonPass} [pass] */
	show(shows, pass = this.pass) {
		this.shows = shows;
		this.pass = pass;
		this.at = 0;
		this.stage.reveal();
		this.paint();
		this.canvas.fit();
	}

	/** @param {number} by */
	go(by) {
		if (this.shows !== "steps") this.show("steps");
		else if (this.pass.steps[this.at + by]) {
			this.at += by;
			this.paint();
		}
	}

	/** @param {boolean} [sliding] whether the panel stays, in which the width is drawn */
	paint(sliding = false) {
		const { canvas, lesson } = this;
		const picture = this.picture();
		if (picture !== this.painted) {
			const first = lesson.widths[0];
			if (first && picture !== first.picture && this.shows === "widths" && this.painted !== first.picture) canvas.show(first.picture);
			canvas.show(picture);
			this.painted = picture;
		}
		if (this.shows === "widths") canvas.setSpans(lesson.widths[this.width].spans);
		const step = this.shows === "steps" ? stepOf(this.pass, this.at) : null;
		lightStep(canvas, step);
		canvas.mark("hidden-mark", this.stage.withLines());
		this.light(step?.span ?? null);
		this.tools.replaceChildren(...this.buttons());
		if (!sliding) this.panel.replaceChildren(...this.words(step));
	}

	/** @returns {Picture} */
	picture() {
		if (this.shows === "widths") return this.lesson.widths[this.width].picture;
		return this.shows === "folded" && this.pass.folded ? this.pass.folded : this.pass.picture;
	}

	/** The text, with a place in it lit. @param {Span | null} span */
	light(span) {
		const { text, tokens } = this.lesson;
		/** @type {Token[]} */
		const colours = tokens.map(([s, e, kind]) => [...spanUnits(text, [s, e]), kind]);
		const lines = colouredLines(text, colours, [], span ? [spanUnits(text, span)] : []);
		this.listing.replaceChildren(...lines.map((pieces) => h("div.text-line", {}, ...pieces.map(([words, classes]) => {
			const piece = h("span", {}, words);
			piece.className = classes;
			return piece;
		}))));
		this.listing.querySelector(".lit")?.scrollIntoView({ block: "nearest" });
	}

	buttons() {
		const { lesson } = this;
		/** @param {string} words @param {boolean} pressed @param {() => void} click @param {string} title */
		const toggle = (words, pressed, click, title) => h("button", { "aria-pressed": String(pressed), title, click }, words);
		const passes = lesson.passes.map((pass) => toggle(pass.title, this.shows !== "widths" && pass === this.pass, () => this.show("steps", pass), "one instruction at a time"));
		const views = [];
		if (this.pass.folded) views.push(toggle("Folded", this.shows === "folded", () => this.show(this.shows === "folded" ? "steps" : "folded"), "what repeats, once, in a plate with its range"));
		if (lesson.widths.length) views.push(toggle("Distributions", this.shows === "widths", () => this.show(this.shows === "widths" ? "steps" : "widths"), "histograms at every vector under the density of the limit"));
		const looks = [
			toggle("Text", !this.root.classList.contains("without-text"), () => this.root.classList.toggle("without-text"), "show or hide the program (t)"),
			h("button", { title: "hide the selected marks, or show all again (h)", click: () => this.stage.hide() }, "Hide"),
			h("button", { title: "b", click: () => this.root.classList.toggle("dark") }, "Dark"),
			h("button", { title: "0", click: () => this.canvas.fit() }, "Show all"),
			h("button", { title: "f", click: () => this.full() }, "Full screen"),
			h("button", { title: "the program as a file", click: () => this.download() }, "Save .tp"),
		];
		return [h("strong.lesson-name", {}, lesson.name), ...[passes, views, looks].map((group) => h("div.tool-group", {}, ...group))];
	}

	/** @param {Step | null} step @returns {Node[]} */
	words(step) {
		if (step) return [h("div.steps", {}, ...stepWords(step, (by) => this.go(by)))];
		const warnings = this.lesson.warnings.map((w) => h("span.warning", {}, w));
		if (this.shows !== "widths") return warnings.length ? [h("div.runs", {}, ...warnings)] : [];
		const { widths } = this.lesson;
		const slider = h("input#width", {
			type: "range", min: 0, max: widths.length - 1, step: 1, value: this.width, "aria-label": "Width n",
		});
		const [output, facts] = [h("output", { for: "width" }), h("div.facts")];
		const tell = () => {
			const now = widths[this.width];
			slider.setAttribute("aria-valuetext", String(now.width));
			output.textContent = `n = ${now.width}`;
			facts.replaceChildren(...Object.entries(now.scalars).map(([name, value]) => h("span.scalar", {}, `${name}: ${beside(value)}`)));
		};
		slider.addEventListener("input", () => {
			this.width = Number(slider.value);
			this.paint(true);
			tell();
		});
		tell();
		return [h("div.runs", {}, h("label", { for: "width" }, "width"), slider, output, facts, h("span.detail", {}, "bars are the network, the line is its limit"), ...warnings)];
	}

	// ---- what is done

	full() {
		if (document.fullscreenElement) document.exitFullscreen();
		else document.documentElement.requestFullscreen().catch(() => undefined);
	}

	download() {
		const link = h("a", {
			href: URL.createObjectURL(new Blob([this.lesson.text], { type: "text/plain" })), download: `${this.lesson.name}.tp`,
		});
		link.click();
		setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
	}

	listen() {
		const { canvas, stage, root } = this;
		const acts = /** @type {Record<string, () => unknown>} */ ({
			ArrowRight: () => this.go(1), ArrowLeft: () => this.go(-1), PageDown: () => this.go(1), PageUp: () => this.go(-1), " ": () => this.go(1),
			Home: () => this.go(-this.at), End: () => this.go(this.pass.steps.length - 1 - this.at),
			h: () => stage.hide(), l: () => stage.trace("l"), b: () => root.classList.toggle("dark"), t: () => root.classList.toggle("without-text"),
			f: () => this.full(), 0: () => canvas.fit(), "+": () => canvas.zoom(1.25), "-": () => canvas.zoom(0.8),
		});
		document.addEventListener("keydown", (event) => {
			const act = acts[event.key];
			const target = /** @type {Element} */ (event.target);
			const theirs = target.matches("input") && (event.key.length > 1 || event.key === " ");
			if (!act || event.ctrlKey || event.altKey || event.metaKey || theirs || (event.key === " " && target.matches("button"))) return;
			event.preventDefault();
			act();
		});
		const { element } = canvas;
		/** @type {{x: number, y: number, moved: boolean} | null} */
		let held = null;
		element.addEventListener("pointerdown", (event) => {
			held = { x: event.clientX, y: event.clientY, moved: false };
			element.setPointerCapture(event.pointerId);
		});
		element.addEventListener("pointermove", (event) => {
			if (held) {
				const [dx, dy] = [event.clientX - held.x, event.clientY - held.y];
				if (!held.moved && Math.hypot(dx, dy) < 4) return;
				canvas.pan(dx, dy);
				held = { x: event.clientX, y: event.clientY, moved: true };
			} else this.hover(canvas.at(event.clientX, event.clientY));
		});
		element.addEventListener("pointerup", (event) => {
			if (held && !held.moved) this.click(canvas.at(event.clientX, event.clientY), event.shiftKey);
			held = null;
		});
		element.addEventListener("wheel", (event) => {
			event.preventDefault();
			canvas.zoom(Math.exp(-event.deltaY * (event.deltaMode === 1 ? 16 : 1) * 0.0015), event.clientX, event.clientY);
		}, { passive: false });
		addEventListener("resize", () => canvas.fit());
	}

	/** What a mark is, and its line of the text. @param {Fragment | null} fragment */
	hover(fragment) {
		this.describes.textContent = fragment?.title ?? "";
		if (fragment?.span && this.shows !== "steps") this.light(fragment.span);
	}

	/** @param {Fragment | null} fragment @param {boolean} more */
	click(fragment, more) {
		const { canvas } = this;
		canvas.select(fragment ? [...(more ? canvas.selected : []), fragment.key] : []);
		if (fragment?.span) this.light(fragment.span);
		this.describes.textContent = fragment?.title ?? "";
	}
}

/** A number beside its limit. @param {{finite: number | null, limit: number | null, error: number | null}} value */
function beside({ finite, limit, error }) {
	/** @param {number} x */
	const short = (x) => String(Number(x.toPrecision(3)));
	const own = finite === null ? "" : short(finite);
	return limit === null ? own : `${own} → ${short(limit)}${error ? ` ± ${short(error)}` : ""}`;
}

const root = h("div");
document.body.append(root);
const data = /** @type {HTMLElement} */ (document.getElementById("lesson"));
Object.assign(window, { lesson: new Page(root, JSON.parse(data.textContent ?? "")) });
