/** Elements with classes, texts and hearers in one call. */

import { Shade } from "./shade.js";

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T | `${T}.${string}` | `${T}#${string}`} tag `button.primary#save` makes a button with a class and an id
 * @param {Record<string, any>} [settings] attributes; functions are hearers of events
 * @param {(Node | string)[]} children @returns {HTMLElementTagNameMap[T]}
 */
export function h(tag, settings = {}, ...children) {
	const [name, ...marks] = tag.split(/(?=[.#])/);
	const element = document.createElement(/** @type {T} */ (name));
	for (const mark of marks) {
		if (mark[0] === "#") element.id = mark.slice(1);
		else element.classList.add(mark.slice(1));
	}
	for (const [key, value] of Object.entries(settings)) {
		if (typeof value === "function") element.addEventListener(key, value);
		else if (value === true) element.setAttribute(key, "");
		else if (value !== false && value !== null && value !== undefined) {
			element.setAttribute(key, String(value));
		}
	}
	element.append(...children);
	return element;
}

/** The element that has the focus, in the tree of another: notebooks put the editor into a shadow tree,
 * of which the document sees only the host. @param {Node} node */
export function focused(node) {
	const tree = /** @type {Document | ShadowRoot} */ (node.getRootNode());
	return tree.activeElement ?? null;
}

/** Where dialogs of the whole page stand. @type {HTMLElement | undefined} */
let dialogs;

function shaded() {
	const { root } = new Shade(h("div.tpgraph"));
	document.body.append(root);
	return root;
}

/** A modal dialog that closes with Escape, and what it was closed with; null for Escape.
 * @param {string} title @param {(close: (value: any) => void) => Node[]} content
 * @param {{wide?: boolean, within?: Element}} [how] @returns {Promise<any>} */
export function dialog(title, content, { wide = false, within } = {}) {
	return new Promise((resolve) => {
		const parent = within ?? (dialogs ??= shaded());
		const before = /** @type {HTMLElement | null} */ (focused(parent));
		const box = h(`dialog${wide ? ".wide" : ""}`, { "aria-label": title });
		/** @param {any} value */
		const close = (value) => {
			if (!box.isConnected) return;
			box.close();
			box.remove();
			before?.focus({ preventScroll: true });
			resolve(value);
		};
		box.append(h("h2", {}, title), ...content(close));
		box.addEventListener("cancel", (event) => {
			event.preventDefault();
			close(null);
		});
		parent.append(box);
		box.showModal();
	});
}

/** A choice among few: its value, or null.
 * @param {string} title @param {string} words @param {[string, any][]} choices the first is the default
 * @param {Element} [within] */
export function choose(title, words, choices, within) {
	return dialog(title, (close) => [
		h("p", {}, words),
		h("div.buttons", {}, ...choices.map(([label, value], i) =>
			h(`button${i ? "" : ".primary"}`, { click: () => close(value), autofocus: i === 0 }, label))),
	], { within });
}
