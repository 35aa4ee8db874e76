/** Letters and signs to be clicked, for whoever writes by mouse or finger, or looks for a ξ. */

import { h } from "./dom.js";

const ROWS = ["abcdefghijklmnopqrstuvwxyz", "αβγδεζηθκλμνξπρστφχψω", "0123456789.,=+-*/^()[]'_×~"];

/** Put the keys into a box that opens. @param {HTMLElement} box @param {() => HTMLInputElement | null} input where they go
 * @param {readonly string[]} words that may stand there too
 * @param {() => void} done all of it is written */
export function fill(box, input, words, done) {
	if (box.childElementCount > 1) return;
	/** @param {string} text what replaces the selection, or what stands before the caret */
	const write = (text) => {
		const field = input();
		if (!field) return;
		const [start, end] = [field.selectionStart ?? 0, field.selectionEnd ?? 0];
		field.setRangeText(text, text || start < end ? start : Math.max(0, start - 1), end, "end");
		field.focus();
		field.dispatchEvent(new Event("input"));
	};
	/** @param {string} sign @param {() => void} act @param {string | null} [name] */
	const key = (sign, act, name = null) => h("button", { type: "button", tabindex: -1, "aria-label": name, click: act }, sign);
	const letters = ROWS.map((row) => h("div", {}, ...Array.from(row, (sign) => {
		const made = key(sign, () => write(made.textContent ?? ""));
		return made;
	})));
	const capitals = () => letters.slice(0, 2).forEach((row) => row.childNodes.forEach((one) => {
		const small = one.textContent ?? "";
		one.textContent = small === small.toUpperCase() ? small.toLowerCase() : small.toUpperCase();
	}));
	box.append(h("div.words", {}, ...words.slice(0, 40).map((word) => key(word, () => write(word)))), ...letters,
		h("div", {}, key("⇧", capitals, "Capital letters"), key("space", () => write(" ")), key("⌫", () => write(""), "Take away"), key("↵", done, "Done")));
}
