/** Presenting: full screen with large labels, one instruction at a time; what the keys of whoever presents do. */

import { Stage } from "./stage.js";

export class Presentation {
	/** @param {App} app @param {import("./steps.js").Steps} steps */
	constructor(app, steps) {
		this.app = app;
		this.steps = steps;
		this.isOn = false;
		/** How often it was begun or ended: what is waited for may come when it is not wanted any more. */
		this.turn = 0;
		this.stage = new Stage(app.canvas);
	}

	/** Begin, or end. @returns {Promise<void>} */
	async toggle() {
		this.isOn = !this.isOn;
		const turn = ++this.turn;
		const { app, steps } = this;
		const { root } = app.parts;
		root.classList.toggle("presenting", this.isOn);
		this.stage.reveal();
		app.canvas.most = this.isOn ? 4 : 2.2;
		if (this.isOn) {
			app.canvas.element.focus();
			await root.requestFullscreen?.().catch(() => undefined);
			if (!this.isOn) await leaveFullScreen();
			if (turn !== this.turn) return;
			app.canvas.fit();
			steps.at = null;
			await steps.begin();
			if (turn !== this.turn) return;
			if (steps.at === null) return this.toggle(); // it was said why
		} else {
			root.classList.remove("with-text", "with-panels");
			app.shade.show();
			steps.end();
			await leaveFullScreen();
		}
		app.canvas.fit();
	}

	/** The whole screen for the editor, or no more. */
	async fullScreen() {
		if (document.fullscreenElement) return document.exitFullscreen();
		await this.app.parts.root.requestFullscreen().catch(() => this.app.say("full screen is not given here", true));
	}

	/** What is hidden stays so over another step. */
	hide() {
		this.app.canvas.mark("hidden-mark", this.stage.withLines());
	}

	/** Whether a key was taken. @param {KeyboardEvent} event */
	key(event) {
		if (!this.isOn || event.ctrlKey || event.metaKey || event.altKey) return false;
		const { steps, app: { parts } } = this;
		const acts = /** @type {Record<string, () => unknown>} */ ({
			ArrowRight: () => steps.go(1),
			ArrowLeft: () => steps.go(-1),
			PageDown: () => steps.go(1),
			PageUp: () => steps.go(-1),
			b: () => parts.root.classList.toggle("dark"),
			t: () => this.call("with-text"),
			i: () => this.call("with-panels"),
			h: () => this.stage.hide(),
			l: () => this.stage.trace("l"),
			Escape: () => this.toggle(),
		});
		const act = acts[event.key];
		if (!act) return false;
		event.preventDefault();
		act();
		return true;
	}

	/** Call a part of the page back, or send it away. @param {string} part */
	call(part) {
		this.app.parts.root.classList.toggle(part);
		this.app.canvas.fit();
	}
}

/** The browser may have left it by a key of its own. */
async function leaveFullScreen() {
	if (document.fullscreenElement) await document.exitFullscreen().catch(() => undefined);
}
