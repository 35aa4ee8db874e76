/** One undo list for text and canvas. */

import { inverse, patched } from "./places.js";

const PAUSE = 1000; // milliseconds after which typing begins a new entry

/** A list of what was done to one text. */
export class UndoList {
	constructor() {
		/** @type {Entry[]} */
		this.done = [];
		/** @type {Entry[]} */
		this.undone = [];
	}

	/** Keep a change of `text`; typing in one run is one entry.
	 * @param {string} text @param {Patch[]} patches @param {string} title
	 * @param {Span} before @param {Span} after
	 * @param {boolean} [typed] @param {number} [time] */
	keep(text, patches, title, before, after, typed = false, time = Date.now()) {
		if (patches.every(([start, end, words]) => text.slice(start, end) === words)) return; // nothing to be taken back
		const entry = { title, patches, back: inverse(text, patches), before, after, typed, time };
		this.undone = [];
		const last = this.done.at(-1);
		const joined = last && typed && last.typed && isTyping(title) === isTyping(last.title) && time - last.time < PAUSE ? join(last, entry) : null;
		if (joined) this.done.pop();
		if (joined?.patches[0][2] !== joined?.back[0][2] || !joined) this.done.push(joined ?? entry);
	}

	/** Take back the last change. @param {string} text
	 * @returns {{text: string, selection: Span, entry: Entry} | null} */
	undo(text) {
		const entry = this.done.pop();
		if (!entry) return null;
		this.undone.push(entry);
		return { text: patched(text, entry.back), selection: entry.before, entry };
	}

	/** Do again what was taken back. @param {string} text
	 * @returns {{text: string, selection: Span, entry: Entry} | null} */
	redo(text) {
		const entry = this.undone.pop();
		if (!entry) return null;
		this.done.push(entry);
		return { text: patched(text, entry.patches), selection: entry.after, entry };
	}

	/** End a run of typing: what follows is an entry of its own. */
	pause() {
		const last = this.done.at(-1);
		if (last) last.typed = false;
	}
}

/** Whether letters are written, not a number drawn. @param {string} title */
function isTyping(title) {
	return title === "typing";
}

/** Two changes typed in one place as one; null where they are apart.
 * @param {Entry} first @param {Entry} next @returns {Entry | null} */
function join(first, next) {
	if (first.patches.length !== 1 || next.patches.length !== 1) return null;
	const [start, end, words] = first.patches[0];
	const [from, to, more] = next.patches[0];
	const typedTo = start + words.length;
	if (words.includes("\n")) return null;
	if (from === start && to === typedTo && words) return merged(first, next, [start, end, more]); // a number that is drawn
	if (from === typedTo && to === from) return merged(first, next, [start, end, words + more]);
	if (to === typedTo && from >= start && more === "") {
		return merged(first, next, [start, end, words.slice(0, from - start)]);
	}
	if (to === start && more === "" && words === "") return merged(first, next, [from, end, ""]);
	return null;
}

/** @param {Entry} first @param {Entry} next @param {Patch} patch @returns {Entry} */
function merged(first, next, patch) {
	const [start, , words] = patch;
	const removed = patch[0] < first.patches[0][0] ? next.back[0][2] + first.back[0][2] : first.back[0][2];
	return {
		...first,
		title: next.title,
		patches: [patch],
		back: [[start, start + words.length, removed]],
		after: next.after,
		time: next.time,
	};
}
