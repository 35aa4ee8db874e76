/** Completion of names and words in the text pane. */

import { focused, h } from "./dom.js";
import { toPoints, toUnits } from "./places.js";

export class Completion {
	/** @param {App} app */
	constructor(app) {
		this.app = app;
		this.list = h("ul.completion", { role: "listbox", hidden: true, "aria-label": "Completions" });
		app.parts.text.append(this.list);
		app.parts.text.addEventListener("focusout", () => this.close());
		/** @type {Item[]} */
		this.items = [];
		this.from = 0;
		this.at = 0;
		this.of = { text: "", caret: 0 };
	}

	/** Whether the list completes what is there now: keys come sooner than it closes on a busy machine. */
	get isOpen() {
		const { text, caret } = this.of;
		const [start, end] = this.app.pane.selection;
		return this.items.length > 0 && start === caret && end === caret && this.app.text === text;
	}

	/** Text was typed: go on completing, or begin behind the second letter of a word. */
	typed() {
		const [start, end] = this.app.pane.selection;
		const word = /[\p{L}_][\p{L}\d_]*$/u.exec(this.app.text.slice(0, start))?.[0] ?? "";
		if (start === end && word.length >= 2) this.ask(start, true);
		else this.close();
	}

	/** @param {number} at in UTF-16 units @param {boolean} [quiet] show only what is longer than the word */
	async ask(at, quiet = false) {
		const { app } = this;
		const text = app.text;
		try {
			const found = await app.session.newest("complete", "complete", { text, at: toPoints(text, at) });
			if (!found || app.text !== text || app.pane.selection[0] !== at || !app.parts.text.contains(focused(app.parts.text))) return;
			this.of = { text, caret: at };
			this.from = toUnits(text, found.from);
			const word = text.slice(this.from, at);
			this.items = found.items.filter((/** @type {Item} */ i) => !quiet || i.text !== word).slice(0, 12);
			this.at = 0;
			if (this.items.length) this.show();
			else this.close();
		} catch (error) {
			this.close();
			if (!quiet) app.failed(error);
		}
	}

	show() {
		this.list.replaceChildren(...this.items.map((item, i) =>
			h("li", { role: "option", "aria-selected": String(i === this.at), pointerdown: (/** @type {Event} */ event) => { event.preventDefault(); this.take(i); } },
				h("span", {}, item.text), h("span.detail", {}, item.detail))));
		const lines = this.app.text.slice(0, this.from).split("\n");
		this.list.style.setProperty("--line", String(lines.length));
		this.list.style.setProperty("--column", String(lines[lines.length - 1].length));
		this.list.removeAttribute("hidden");
	}

	close() {
		this.app.session.cancel("complete");
		this.items = [];
		this.list.toggleAttribute("hidden", true);
	}

	/** @param {number} index */
	take(index) {
		if (!this.isOpen) return;
		const item = this.items[index];
		const { app } = this;
		const { text, caret: start } = this.of;
		const patch = /** @type {Patch} */ ([this.from, start, item.text]);
		const caret = this.from + item.text.length;
		app.undoList.keep(text, [patch], `complete ${item.text}`, [start, start], [caret, caret]);
		app.pane.show(text.slice(0, this.from) + item.text + text.slice(start), [caret, caret]);
		app.pane.focus();
		this.close();
		app.sync();
	}

	/** Whether a key of the text pane was for the list. @param {KeyboardEvent} event */
	key(event) {
		if (!this.isOpen) return false;
		if (event.key === "ArrowDown") this.at = (this.at + 1) % this.items.length;
		else if (event.key === "ArrowUp") this.at = (this.at + this.items.length - 1) % this.items.length;
		else if (event.key === "Enter" || event.key === "Tab") {
			this.take(this.at);
			return true;
		} else {
			if (event.key === "Escape") {
				this.close();
				return true;
			}
			return false;
		}
		this.show();
		return true;
	}
}
