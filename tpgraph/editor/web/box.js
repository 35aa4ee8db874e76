/** A box of one line over the picture: names, formulas, what to find. */

import { focused, h } from "./dom.js";
import { letterBefore } from "./colour.js";
import { opens } from "./opens.js";

/** What was typed, or null for Escape. Refusals stand under the box, which stays open; what was typed
 * is also taken where one goes elsewhere.
 * @param {HTMLElement} parent @param {object} how
 * @param {string} how.label @param {string} how.value @param {number} how.x
 * @param {number} how.y @param {number} how.top where it ends that has no room below
 * @param {Span | null} [how.selection] @param {readonly string[]} [how.words] that may stand in it
 * @param {boolean} [how.many] whether it may be meant for one of many alone
 * @param {(value: string, only: boolean) => Promise<string | null>} how.accept the reason it is refused, or null
 * @param {(value: string | null, only: boolean, box: DOMRect) => unknown} how.foresee hears what is written, and null at the end */
export function lineBox(parent, { label, value, x, y, top, selection, words = [], many, accept, foresee }) {
	return new Promise((resolve) => {
		const input = h("input", { "aria-label": label, spellcheck: "false", autocomplete: "off" });
		const said = h("div.refusal", { role: "alert" });
		const box = h("div.line-box", {}, h("label", {}, label), input, h("button.primary", { "aria-label": "Accept", click: () => submit() }, "✓"),
			...(many ? [h("button", { title: "Shift-Enter", click: () => submit(true), pointerenter: () => show(true), pointerleave: () => show() }, "only here")] : []), said, pad(() => input, words, () => submit()));
		const show = (only = false) => foresee(box.isConnected ? input.value : null, only, box.getBoundingClientRect());
		let refused = value;
		let isAsked = false;
		/** @param {string | null} result */
		const close = (result) => {
			if (!box.isConnected) return;
			box.remove();
			show();
			resolve(result);
		};
		/** @param {string | null} reason */
		const settle = (reason) => {
			isAsked = false;
			if (reason === null) return close(refused);
			said.textContent = reason;
			if (!focused(box)?.matches("input, textarea")) input.focus();
			return false;
		};
		const submit = (only = false) => {
			if (isAsked) return;
			isAsked = true;
			refused = input.value;
			const asked = accept(refused, only);
			if (box.contains(focused(box))) opens(parent, asked, settle, settle);
			else asked.then(settle); // who has gone on elsewhere types there
		};
		box.addEventListener("keydown", (event) => {
			event.stopPropagation();
			if (event.key === "Escape") close(null);
			if (event.key === "Enter" && event.target === input) submit(event.shiftKey);
			const caret = input.selectionStart ?? 0;
			const letter = event.key === " " && event.target === input ? letterBefore(input.value, caret) : null;
			if (letter) {
				event.preventDefault();
				input.setRangeText(letter[2], letter[0], letter[1], "end");
			}
		});
		input.addEventListener("input", () => show());
		box.addEventListener("focusout", () => setTimeout(() => {
			if (!box.isConnected || !document.hasFocus() || box.contains(focused(box))) return;
			if (input.value === refused) close(null);
			else submit();
		}));
		parent.append(box);
		input.value = value;
		input.focus();
		input.setSelectionRange(...(selection ?? [0, value.length]));
		new ResizeObserver(() => {
			box.style.left = `${Math.max(8, Math.min(x, parent.clientWidth - box.offsetWidth - 8))}px`;
			const [tall, lowest] = [box.offsetHeight, parent.clientHeight - box.offsetHeight - 8];
			box.style.top = `${y > lowest && top > tall ? top - tall : Math.max(8, Math.min(y, lowest))}px`;
		}).observe(box);
	});
}

/** Letters and signs to be clicked, loaded when they are opened. @param {() => HTMLInputElement | null} input
 * @param {readonly string[]} words @param {() => void} done */
export function pad(input, words, done) {
	const box = h("details.pad", { mousedown: (/** @type {Event} */ e) => e.preventDefault() },
		h("summary", { title: "Letters and signs to click" }, "ξ…"));
	box.addEventListener("toggle", () => import("./pad.js").then(({ fill }) => fill(box, input, words, done), () => undefined));
	return box;
}
