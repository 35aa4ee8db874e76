/** How the picture of a text is asked for, and what is said while it is late. */

import { Gone, Refused } from "./api.js";
import { nextFrame } from "./rest.js";

/** Milliseconds after which a picture is late, and said to be. */
const LATE = 500;
/** Milliseconds without a change of the text, which the picture waits for where the one before was late. */
const PAUSE = 300;

export class Asking {
	/** @param {App} app */
	constructor(app) {
		this.app = app;
		/** What says that a picture is late. @type {ReturnType<typeof setTimeout> | undefined} */
		this.late = undefined;
		/** Milliseconds that the last picture took, and when the text was changed. */
		this.took = 0;
		this.changedAt = 0;
		/** Whether the text as it is could not be read in time. */
		this.unread = false;
	}

	/** Show what is answered about the text as it is when its turn comes. @param {string} op
	 * @param {() => Record<string, unknown>} body @param {Parameters<App["showView"]>[2]} [how] */
	asks(op, body, how) {
		const { app } = this;
		return app.lane.run(async () => {
			const { text } = app;
			const { view } = await app.session.ask(op, { text, ...body() });
			app.showView(view, text, how);
		});
	}

	/** Ask for the picture of the text from scratch. */
	async open() {
		const { app } = this;
		await this.asks("open", () => ({ name: app.name, options: app.options })).then(() => app.showAll()).catch((error) => {
			this.lacks({ words: "no picture: it could not be drawn", again: () => this.open() });
			app.failed(error);
		});
	}

	/** Ask for the picture of the text as it is now. */
	sync() {
		const { app } = this;
		app.host.changed(app.text);
		app.hoverText(null);
		this.changedAt = performance.now();
		const waits = this.took > LATE;
		this.late ??= setTimeout(() => app.parts.showLack({ old: true, words: `the new one ${waits ? "waits for a pause" : "is being drawn"}` }), LATE);
		return app.lane.newest("sync", async () => {
			await (waits ? this.paused() : nextFrame());
			if (app.lane.waiting.has("sync")) return; // the next shows the same
			const [text, begun] = [app.text, performance.now()];
			const { view } = await app.session.ask("sync", { text, have: app.revision });
			app.showView(view, text);
			this.took = performance.now() - begun;
			if (this.unread) app.say("");
			this.unread = false;
			app.inspector?.show(app.chosen.at(-1) ?? null);
		}).catch((error) => {
			this.unread = error instanceof Refused;
			if (this.unread) app.parts.showErrors([], []); // they were of another text
			if (this.unread || error instanceof Gone) this.lacks({ old: true, words: "the new one could not be drawn", again: () => this.sync() });
			app.failed(error);
		});
	}

	/** Until nothing was typed for a while. */
	async paused() {
		const left = () => this.changedAt + PAUSE - performance.now();
		while (left() > 0) await new Promise((go) => setTimeout(go, left()));
	}

	/** What the picture lacks, now that it was answered. @param {Lack} lack */
	lacks(lack) {
		clearTimeout(this.late);
		this.late = undefined;
		this.app.parts.showLack(lack);
	}
}
