/** Runs at a width beside the limit: histograms at every vector under the density of Z, scalars
 * beside their limits. The plots are part of the picture, which the session lays out with room. */

import { h } from "./dom.js";
import { working } from "./working.js";

const WIDTHS = [16, 32, 64, 128, 256, 512, 1024, 2048, 4096];

export class Runs {
	/** @param {App} app */
	constructor(app) {
		this.app = app;
		this.width = 256;
		this.seed = 0;
		this.shown = false;
		/** What the last run found. @type {{scalars: Scalars, warnings?: string[]}} */
		this.found = { scalars: {} };
		this.facts = h("div.facts");
		this.panel = h("div.runs", { hidden: true, "aria-label": "Run" }, ...this.controls(), this.facts);
		app.parts.panels.append(this.panel);
	}

	/** Run at the width of the slider, and show what comes of it. @returns {Promise<void>} */
	async run() {
		const { app } = this;
		const { text, revision } = app;
		const shown = working("running…", () => this.cancel());
		this.panel.removeAttribute("hidden");
		this.facts.replaceChildren(...shown.nodes);
		try {
			const answer = await app.session.newest("run", "annotate", {
				text, have: revision, width: this.width, seed: this.seed, limit: true, run: true,
			}, shown.hear);
			if (!answer) return;
			if (app.text !== text) return this.left();
			if (app.revision !== revision && !answer.view.picture?.full) return await this.run(); // it is a difference from a picture that has gone
			this.found = answer;
			app.showView(answer.view, text, { plots: true });
			this.shown = true;
			this.show();
			app.parts.hints.did("run");
			const plots = app.canvas.fragments.some((f) => f.layer === "annotations");
			app.say(`n = ${this.width}${plots ? ": bars are the network, the line is its limit" : ""}`);
		} catch (error) {
			this.show();
			app.failed(error);
		}
	}

	/** Show or hide the plots. */
	async toggle() {
		if (!this.shown) return this.run();
		this.shown = false;
		this.panel.toggleAttribute("hidden", true);
		const { app } = this;
		await app.asking.asks("annotate", () => ({ have: app.revision, run: false, limit: false }));
	}

	/** The text has changed, and its picture has no plots: the numbers stay, as those of before. */
	passed() {
		if (!this.shown) return;
		this.shown = false;
		this.app.say("");
		const found = [...this.facts.querySelectorAll(".scalar")];
		this.facts.replaceChildren(h("span", { role: "status" }, "The text has changed; the histograms were of the text before."),
			h("span.passed", {}, ...found), this.again(), h("button", { click: () => this.left() }, "Hide"));
	}

	/** Another picture is shown, without plots, nor will it be that of a run. */
	left() {
		this.app.session.cancel("run");
		this.shown = false;
		this.panel.toggleAttribute("hidden", true);
	}

	again() {
		return h("button.primary", { click: () => this.run() }, "Run again");
	}

	cancel() {
		this.app.session.cancel("run");
		this.show();
		this.app.say("cancelled");
	}

	controls() {
		const slider = h("input#run-width", {
			type: "range", min: 0, max: WIDTHS.length - 1, step: 1, value: WIDTHS.indexOf(this.width), "aria-label": "Width n", "aria-valuetext": String(this.width),
		});
		const shown = h("output", { for: "run-width" }, `n = ${this.width}`);
		slider.addEventListener("input", () => {
			this.width = WIDTHS[Number(slider.value)];
			shown.textContent = `n = ${this.width}`;
			slider.setAttribute("aria-valuetext", String(this.width));
		});
		slider.addEventListener("change", () => this.run());
		const again = h("button", { click: () => { this.seed++; this.run(); } }, "Another draw");
		return [h("label", { for: "run-width" }, "width"), slider, shown, again];
	}

	/** What was found, where it is still shown. */
	show() {
		const { scalars, warnings } = this.shown ? this.found : { scalars: {} };
		const rows = Object.entries(scalars).map(([name, { finite, limit, error }]) => {
			const sure = limit === null ? "" : ` → ${short(limit)}${error ? ` ± ${short(error)}` : ""}`;
			return h("span.scalar", {}, `${name}: ${finite === null ? "" : short(finite)}${sure}`);
		});
		this.panel.removeAttribute("hidden");
		this.facts.replaceChildren(...rows, ...(warnings ?? []).map((w) => h("span.warning", {}, w)),
			...(this.shown ? [] : [this.again()]), h("button", { click: () => (this.shown ? this.toggle() : this.left()) }, "Hide"));
	}
}

/** A number as it is read beside a picture. @param {number} value */
export function short(value) {
	if (value === 0) return "0";
	const size = Math.abs(value);
	return size >= 1e4 || size < 1e-3 ? value.toExponential(1) : String(Number(value.toPrecision(3)));
}
