/** The editor in a notebook, by anywidget: the same front end over the widget's messages. */

import { App } from "./app.js";
import { exportDialog } from "./exports.js";
import { h } from "./dom.js";
import { joinedTexts, SignedValue } from "./signed.js";

const LOOKS = 100; // milliseconds between two looks at how far long work is
const NUDGES = 3;
const NUDGE = 15; // milliseconds between them

/** Servers of notebooks keep a small message back until the one before is known to have come, which the browser tells
 * 40 ms late, or with whatever it sends: so something small is sent while an answer is awaited. @param {() => void} nudge */
function nudged(nudge) {
	for (let k = 1; k <= NUDGES; k++) setTimeout(nudge, k * NUDGE);
}

/** Requests as messages with a number, answers by the number; of long work it is asked how far it is.
 * @param {any} model @param {() => void} nudge what sends something @returns {Transport} */
function overMessages(model, nudge) {
	let count = Math.floor(Math.random() * 2 ** 50); // views of one model hear the answers to each other
	/** @type {Map<number, (message: any) => void>} */
	const waiting = new Map();
	model.on("msg:custom", (/** @type {any} */ message) => waiting.get(message?.number)?.(message));
	return (op, body, signal, hear) => new Promise((resolve, reject) => {
		const number = ++count;
		waiting.set(number, ({ answer, stages }) => {
			if (stages) {
				hear?.(stages);
				setTimeout(() => waiting.has(number) && model.send({ number, look: true }), LOOKS);
				return;
			}
			waiting.delete(number);
			resolve(answer);
		});
		signal.addEventListener("abort", () => {
			if (waiting.delete(number)) model.send({ number, cancel: true });
			reject(new DOMException("it is not wanted any more", "AbortError"));
		});
		model.send({ number, request: { ...body, op } });
		nudged(() => waiting.has(number) && nudge());
	});
}

/** Whether a host is dark behind an element, in whatever colours it has, and when that changes.
 * @param {HTMLElement} element @returns {Surroundings} */
function hostOf(element) {
	const pen = /** @type {OffscreenCanvasRenderingContext2D} */ (new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true }));
	/** @param {Element | null | undefined} at @returns {boolean} */
	const isDark = (at) => {
		if (!at) return false;
		pen.clearRect(0, 0, 1, 1);
		pen.fillStyle = getComputedStyle(at).backgroundColor;
		pen.fillRect(0, 0, 1, 1);
		const [red, green, blue, opaque] = pen.getImageData(0, 0, 1, 1).data;
		return opaque < 128 ? isDark(at.parentElement ?? /** @type {ShadowRoot} */ (at.getRootNode()).host) : 0.3 * red + 0.6 * green + 0.1 * blue < 128;
	};
	return {
		get matches() { return isDark(element.isConnected ? element : document.body); },
		addEventListener: (_, hear) => {
			const observer = new MutationObserver(hear);
			for (const at of [document.documentElement, document.body]) observer.observe(at, { attributes: true });
		},
	};
}

/** @param {{model: any, el: HTMLElement}} widget */
function render({ model, el }) {
	const root = h("div.in-notebook", { "data-lm-suppress-shortcuts": "true", tabindex: "-1" });
	el.append(root);
	const app = new App(root, {
		transport: overMessages(model, () => value.save() || model.send({})),
		changed: (text) => value.write(text),
		around: hostOf(el),
		async command(from, id) {
			if (id === "export") await exportDialog(from);
			else from.say(id === "guide" ? "in a terminal: tpgraph guide" : `${id}: the cell's value is the program`, true);
			return true;
		},
	}, { name: model.get("name"), text: model.get("value") });
	const value = new SignedValue(model, (text, before = app.text) =>
		app.replaceText(joinedTexts(before, app.text, text), "set from the notebook"));
	// JupyterLab leaves the keys of elements with that attribute alone; others hear them as they bubble.
	root.addEventListener("focusout", () => value.save()); // what runs next reads it
	for (const name of ["keydown", "keypress", "keyup"]) root.addEventListener(name, (event) => event.stopPropagation());
	return () => value.end();
}

export default { render };
