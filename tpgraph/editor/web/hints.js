/** The strip of first steps, each struck off when it was done. */

import { h } from "./dom.js";

const STEPS = [
	{ words: "drag from a vector", done: ["connect", "multiply", "replace"] },
	{ words: "double-click the gate", done: ["formula"] },
	{ words: "Alt-drag a number of const", done: ["slide"] },
	{ words: "press ▶", done: ["run"] },
];

/** Lines whose number is drawn, those first that the picture shows. */
const NUMBERS = ["const", "dim"].map((word) => new RegExp(`^(${word})\\s+(\\S+)\\s*=\\s*(\\d+)\\s*(?:#.*)?$`, "mu"));

export class Hints {
	/** @param {HTMLElement} element */
	constructor(element) {
		this.items = STEPS.map((step) => ({ step, item: h("span.hint", {}, step.words) }));
		element.append(...this.items.map(({ item }) => item),
			h("button", { "aria-label": "Hide the first steps", click: () => element.remove() }, "×"));
		this.element = element;
	}

	/** What there is to be done in a text: without a number of its own none is drawn. @param {string} text */
	fit(text) {
		const found = NUMBERS.map((line) => line.exec(text)).find((line) => line);
		const { item } = this.items[2];
		item.hidden = !found;
		if (found) item.textContent = `Alt-drag the ${found[3]} of ${found[1]} ${found[2]}`;
	}

	/** Something was done. @param {string} what */
	did(what) {
		for (const { step, item } of this.items) if (step.done.includes(what)) item.classList.add("struck");
		if (this.items.every(({ item }) => item.hidden || item.classList.contains("struck"))) this.element.remove();
	}
}
