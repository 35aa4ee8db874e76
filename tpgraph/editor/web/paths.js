/** The paths of the program, isomorphic ones together: what is hovered is lit in the picture. */

import { h } from "./dom.js";

export class Paths {
	/** @param {App} app */
	constructor(app) {
		this.app = app;
		this.panel = h("div.paths", { hidden: true, role: "group", "aria-label": "Paths" });
		app.parts.panels.append(this.panel);
	}

	/** Show the classes, or hide them again. */
	async show() {
		const { app, panel } = this;
		if (!panel.hidden) return this.left();
		const { text } = app;
		const { count, classes } = await app.session.ask("classes", { text });
		if (app.text !== text) return;
		panel.replaceChildren(h("strong", {}, `${count} class${count === 1 ? "" : "es"} of isomorphic paths`), ...classes.map(
			(/** @type {{word: string, count: number, paths: {names: string[], keys: string[]}[]}} */ found) =>
				h("details", {}, this.lights("summary", `${found.word} × ${found.count}`, found.paths.flatMap((p) => p.keys)),
					...found.paths.map((p) => this.lights("button", p.names.join(" → "), p.keys)))),
		h("button", { click: () => this.left() }, "Hide"));
		panel.hidden = false;
	}

	/** @param {"summary" | "button"} tag @param {string} words @param {string[]} keys */
	lights(tag, words, keys) {
		const light = () => this.app.canvas.mark("lit", keys);
		const dark = () => this.app.canvas.mark("lit", []);
		return h(tag, { pointerenter: light, focus: light, pointerleave: dark, blur: dark }, words);
	}

	/** Another picture is shown. */
	left() {
		this.panel.hidden = true;
	}
}
