/** The strip of first steps, each struck off when it was done. */

import { h } from "./dom.js";

const STEPS = [
	{ words: "drag from a circle", done: ["connect", "multiply", "replace"] },
	{ words: "double-click the gate", done: ["formula"] },
	{ words: "Alt-drag the 3 of const L", done: ["slide"] },
	{ words: "press ▶", done: ["run"] },
];

export class Hints {
	/** @param {HTMLElement} element */
	constructor(element) {
		this.items = STEPS.map((step) => ({ step, item: h("span.hint", {}, step.words) }));
		element.append(...this.items.map(({ item }) => item),
			h("button", { "aria-label": "Hide the first steps", click: () => element.remove() }, "×"));
		this.element = element;
	}

	/** Something was done. @param {string} what */
	did(what) {
		for (const { step, item } of this.items) if (step.done.includes(what)) item.classList.add("struck");
		if (this.items.every(({ item }) => item.classList.contains("struck"))) this.element.remove();
	}
}
