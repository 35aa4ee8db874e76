/** The paths of the program, isomorphic ones together: what is hovered in the list is lit in the picture,
 * and of a mark in the picture those classes are told that pass it. */

import { h } from "./dom.js";

/** @typedef {{word: string, count: number, marks: string[], paths: {names: string[], keys: string[]}[]}} Class */

const RESTS = 400; // milliseconds after which a pointer that rests asks
const TOLD = 8; // classes that are told of a mark

export class Paths {
	/** @param {App} app */
	constructor(app) {
		this.app = app;
		this.panel = h("div.paths", { hidden: true, role: "group", "aria-label": "Paths" });
		app.parts.panels.append(this.panel);
		/** The text whose classes are known, and these. @type {{text: string, count: number, classes: Class[]} | null} */
		this.known = null;
		/** @type {string | null} */
		this.hovered = null;
		/** @type {ReturnType<typeof setTimeout> | undefined} */
		this.timer = undefined;
	}

	/** The classes of the text as it is; null where it has changed meanwhile. */
	async found() {
		const { text, session } = this.app;
		if (this.known?.text === text) return this.known;
		const found = await session.newest("classes", "classes", { text });
		if (found && this.app.text === text) this.known = { text, ...found };
		return this.known?.text === text ? this.known : null;
	}

	/** Show the classes, or hide them again. */
	async show() {
		const { panel } = this;
		if (!panel.hidden) return this.left();
		const found = await this.found();
		if (!found) return;
		const { count, classes } = found;
		panel.replaceChildren(h("strong", {}, `${count} class${count === 1 ? "" : "es"} of isomorphic paths`), ...classes.map((one) =>
			h("details", {}, this.lights("summary", title(one), one.paths.flatMap((p) => p.keys)),
				...one.paths.map((p) => this.lights("button", p.names.join(" → "), p.keys)))),
		h("button", { click: () => this.left() }, "Hide"));
		panel.hidden = false;
	}

	/** @param {"summary" | "button"} tag @param {string} words @param {string[]} keys */
	lights(tag, words, keys) {
		const light = () => this.app.canvas.mark("lit", keys);
		const dark = () => this.app.canvas.mark("lit", []);
		return h(tag, { pointerenter: light, focus: light, pointerleave: dark, blur: dark }, words);
	}

	/** The pointer is over a mark, and rests there or not. @param {Fragment | null} mark */
	over(mark) {
		const key = mark?.layer === "variables" && mark.name ? mark.key : null;
		if (key === this.hovered) return;
		this.hovered = key;
		clearTimeout(this.timer);
		this.told([]);
		this.app.parts.tip.hide();
		if (key && !this.app.steps?.isAway) this.timer = setTimeout(() => this.tell(key), RESTS);
	}

	/** Say which classes pass a mark. @param {string} key */
	async tell(key) {
		const found = await this.found().catch(() => null); // of no program, or of too many paths
		if (!found || this.hovered !== key) return;
		const passing = found.classes.filter((one) => one.marks.includes(key));
		this.told(passing);
		const { canvas, parts } = this.app;
		if (passing.length === 0 || !canvas.fragment(key)) return;
		const [[x, y], { left, top }] = [canvas.handle(key), canvas.size];
		const rest = passing.length > TOLD ? [`and ${passing.length - TOLD} more`] : [];
		const head = `${canvas.fragment(key)?.said}: ${passing.length} of ${found.count} classes of isomorphic paths`;
		parts.tip.show([head, ...passing.slice(0, TOLD).map(title), ...rest].join("\n"), left + x + 18, top + y + 18);
	}

	/** Mark some classes in the list. @param {Class[]} classes */
	told(classes) {
		const titles = new Set(classes.map(title));
		for (const summary of this.panel.querySelectorAll("summary")) summary.classList.toggle("told", titles.has(String(summary.textContent)));
	}

	/** Another picture is shown. */
	left() {
		this.panel.hidden = true;
	}
}

/** @param {Class} found */
function title({ word, count }) {
	return `${word} × ${count}`;
}
