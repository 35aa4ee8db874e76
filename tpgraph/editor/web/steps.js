/** Stepping through a program one instruction at a time, in the forward, backward and SGD views. Derived views are read-only: a mark selects its line. */

import { h } from "./dom.js";
import { spanUnits } from "./places.js";
import { lightStep, stepOf, stepWords } from "./step.js";
import { working } from "./working.js";

/** How much larger letters are on the wall of a class. */
const LARGER = 1.6;

export class Steps {
	/** @param {App} app */
	constructor(app) {
		this.app = app;
		/** @type {Pass} */
		this.pass = "forward";
		/** @type {number | null} */
		this.at = null;
		/** The text whose instructions are shown, and these.
		 * @type {{text: string, found: Walk} | null} */
		this.walk = null;
		/** Whether what repeats in a derived view is folded, as options say it. */
		this.fold = "yes";
		/** What instructions are asked for. @type {{what: string, done: Promise<void>} | null} */
		this.asking = null;
		/** How many instructions further was asked for meanwhile. */
		this.ahead = 0;
		/** The newest work that is still wanted. @type {object | null} */
		this.wanted = null;
		this.panel = h("div.steps", { hidden: true, "aria-label": "Steps", "aria-live": "polite" });
		app.parts.panels.append(this.panel);
	}

	/** Show the program, or a program derived from it. @param {Pass} pass */
	async show(pass) {
		const { app } = this;
		const text = app.text;
		if (pass === "forward") {
			this.giveUp();
			await app.asking.asks("sync", () => ({ have: null }));
		} else {
			const found = await this.asked("derive", { text, what: pass, steps: 1, options: { ...app.options, fold: this.fold } }, "the view is made…");
			if (!found) return this.wanted ? undefined : app.parts.showPass(this.pass);
			this.left();
			this.pass = pass;
			app.parts.showPass(pass);
			app.parts.root.classList.add("derived");
			this.picture(found.picture);
		}
		app.canvas.fit();
		const stepped = this.stepped === pass ? "it" : "the program that it is of";
		app.say(pass === "forward" ? "the program" : `${app.parts.passTitle()}: to be read, not changed; [ and ] step through ${stepped}`);
	}

	/** Show another picture than the program's. @param {Picture} picture */
	picture(picture) {
		this.app.canvas.show(picture);
		this.app.revision = null;
		this.app.runs.left();
	}

	/** The answer to long work, which shows how far it is; null where it is not wanted any more.
	 * @param {string} op @param {Record<string, unknown>} body @param {string} words */
	async asked(op, body, words) {
		const { app } = this;
		const shown = working(words, () => this.cancel());
		const own = (this.wanted = {});
		this.panel.removeAttribute("hidden");
		this.panel.replaceChildren(...shown.nodes);
		try {
			const found = await app.session.newest("views", op, body, shown.hear);
			await app.lane.last; // what was typed before is shown
			return this.wanted === own && app.text === body.text ? found : null;
		} catch (error) {
			app.failed(error, app.shelf.length && !app.shelf.some((row) => row.trained) ? ["Train all matrices", "train-all"] : undefined);
			return null;
		} finally {
			if (this.wanted === own) this.wanted = null;
			if (this.panel.contains(shown.nodes[0])) this.rest();
		}
	}

	/** The panel as it is while nothing is made. */
	rest() {
		if (this.at === null) this.panel.toggleAttribute("hidden", true);
		else this.light(this.at);
	}

	/** End what is being made. */
	cancel() {
		this.giveUp();
		this.app.say("cancelled");
	}

	/** Nobody waits any more for what is being made: who asks for it again begins anew. */
	giveUp() {
		this.app.session.cancel("views");
		this.asking = this.wanted = null;
	}

	/** One instruction on, or back: the first asks for all of them. @param {number} by */
	async go(by) {
		const { walk } = this;
		if (walk && this.at !== null && walk.text === this.app.text) {
			if (walk.found.steps[this.at + by]) this.light(this.at + by);
		} else if (by > 0 || this.asking) await this.begin(by);
	}

	/** What is stepped through: tangent kernels and reduced programs are not. */
	get stepped() {
		return this.pass === "ntk" || this.pass === "reduced" ? "forward" : this.pass;
	}

	/** Before the first instruction, over the picture that all of them have; who asks for the same meanwhile
	 * waits for the same, and goes on from there. @param {number} [by] */
	async begin(by = 0) {
		const { app } = this;
		const options = { ...app.options, labels: app.presentation?.isOn ? LARGER : 1 };
		const walk = { text: app.text, pass: this.stepped, steps: 1, options };
		const what = JSON.stringify(walk);
		if (this.asking?.what === what) this.ahead = Math.max(0, this.ahead + by);
		else {
			this.ahead = 0;
			this.asking = { what, done: this.prepare(walk) };
		}
		const { asking } = this;
		await asking.done;
		if (this.asking === asking) this.asking = null;
	}

	/** @param {{text: string, pass: Pass, steps: number, options: object}} walk */
	async prepare(walk) {
		const { app } = this;
		const { text } = walk;
		const found = await this.asked("walk", walk, "the steps are prepared…");
		if (!found) return;
		this.walk = { text, found };
		app.parts.root.classList.add("stepping");
		app.say("");
		this.picture(found.picture);
		this.light(Math.min(this.ahead, found.steps.length - 1));
		app.canvas.fit();
	}

	/** @param {number} at */
	light(at) {
		const { app } = this;
		const step = this.walk && stepOf(this.walk.found, at);
		if (!step || this.walk?.text !== app.text) return; // the text goes on, and so does who writes it
		this.at = at;
		lightStep(app.canvas, step);
		app.presentation?.hide();
		const spans = step.span ? [spanUnits(app.text, step.span)] : [];
		for (const span of spans) app.pane.select(...span);
		app.pane.light(spans);
		this.panel.removeAttribute("hidden");
		this.panel.replaceChildren(...stepWords(step, (by) => this.go(by)),
			h("button", { click: () => (app.presentation?.isOn ? app.presentation.toggle() : this.end()) }, "End"));
	}

	/** No steps are shown, nor will be that are still being prepared. */
	end() {
		this.giveUp();
		this.stop();
		this.app.pane.light([]);
		if (this.app.revision === null) this.leave();
	}

	/** There are no steps any more. */
	stop() {
		this.at = null;
		lightStep(this.app.canvas, null);
		this.app.parts.root.classList.remove("stepping");
		this.panel.toggleAttribute("hidden", true);
	}

	/** Whether another picture is shown than the program's. */
	get isAway() {
		return this.at !== null || this.pass !== "forward";
	}

	/** The program itself is shown, by whatever was done. */
	left() {
		if (this.at !== null) this.stop();
		this.pass = "forward";
		this.app.parts.showPass("forward");
		this.app.parts.root.classList.remove("derived");
	}

	/** The program again as it stood before the steps. */
	async leave() {
		const { app } = this;
		if (this.pass !== "forward") return this.show(this.pass);
		await app.sync();
		app.canvas.fit();
	}
}
