/** Boxes that open only when something is answered: keys that are typed until then are typed into them,
 * and nothing opens over somebody who has gone on elsewhere. */

import { focused } from "./dom.js";
import { awaited } from "./rest.js";

/** Open what takes the focus when `asked` is there; where the focus has gone elsewhere meanwhile do what is
 * done `elsewhere`, or nothing. Keys with Ctrl or Alt are of commands, and go where they always go; where `open`
 * says false, what they were for is not there.
 * @template T, R @param {HTMLElement} root @param {Promise<T>} asked @param {(found: T) => R} open
 * @param {(found: T) => R} [elsewhere] @returns {Promise<Awaited<R> | undefined>} */
export async function opens(root, asked, open, elsewhere) {
	const from = focused(root);
	/** @type {KeyboardEvent[]} */
	const keys = [];
	const ended = new AbortController();
	window.addEventListener("keydown", (event) => {
		if (focused(root) !== from || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.key === "Shift") return;
		event.preventDefault();
		event.stopImmediatePropagation();
		keys.push(event);
	}, { capture: true, signal: ended.signal });
	const found = await awaited(asked).finally(() => ended.abort());
	if (focused(root) !== from) return await elsewhere?.(found);
	const opened = open(found);
	if (opened === false) return;
	if (keys.length) await Promise.resolve();
	for (const key of keys) type(focused(root), key);
	return await opened;
}

/** Do what a key does in an element, unless it was for something that opens next; a button that was not seen yet is
 * not pressed. @param {Element | null} element @param {KeyboardEvent} pressed */
function type(element, { key, shiftKey }) {
	const writes = element instanceof HTMLInputElement || element instanceof HTMLTextAreaElement;
	if (!element || (key === " " && !writes)) return;
	if (!element.dispatchEvent(new KeyboardEvent("keydown", { key, shiftKey, bubbles: true, cancelable: true, composed: true }))) return;
	if (writes && (key.length === 1 || key === "Backspace")) {
		const [start, end] = [element.selectionStart ?? 0, element.selectionEnd ?? 0];
		const from = key.length === 1 || start < end ? start : Math.max(0, start - 1);
		element.setRangeText(key.length === 1 ? key : "", from, end, "end");
		element.dispatchEvent(new Event("input", { bubbles: true }));
	} else if (key === "Escape") element.closest("dialog")?.dispatchEvent(new Event("cancel", { cancelable: true }));
	else if (key === "Enter" && element instanceof HTMLInputElement) {
		if (element.form) element.form.requestSubmit();
		else element.dispatchEvent(new Event("change"));
	}
}
