/** One undo list for text and canvas. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { patched } from "./web/places.js";
import { UndoList } from "./web/undo.js";

/** A text that is written in, key by key. */
class Written {
	constructor(text = "") {
		this.text = text;
		this.list = new UndoList();
		this.time = 0;
	}

	/** @param {number} start @param {number} end @param {string} words @param {string} [title] no typing */
	put(start, end, words, title) {
		const patches = [[start, end, words]];
		this.list.keep(this.text, patches, title ?? "typing", [start, end], [start, start], title === undefined, this.time++);
		this.text = patched(this.text, patches);
		return this;
	}

	undone() {
		const found = this.list.undo(this.text);
		this.text = found?.text ?? this.text;
		return found?.entry.title ?? null;
	}

	redone() {
		const found = this.list.redo(this.text);
		this.text = found?.text ?? this.text;
		return found?.entry.title ?? null;
	}
}

test("a run of typing is one entry, until it is paused or something else is done", () => {
	const one = new Written();
	[..."abc"].forEach((letter, at) => one.put(at, at, letter));
	one.put(0, 0, "x = ", "connect");
	[..."de"].forEach((letter, at) => one.put(7 + at, 7 + at, letter));
	one.list.pause();
	one.put(9, 9, "f");
	assert.equal(one.text, "x = abcdef");
	assert.deepEqual(["typing", "typing", "connect", "typing", null], [1, 2, 3, 4, 5].map(() => one.undone()));
	assert.equal(one.text, "");
	assert.deepEqual(["typing", "connect", "typing", "typing", null], [1, 2, 3, 4, 5].map(() => one.redone()));
	assert.equal(one.text, "x = abcdef");
});

test("what changes nothing is no entry: undo always takes something back", () => {
	const one = new Written("y = tanh(x)");
	one.put(11, 11, "\nz = y", "gate").put(4, 11, "tanh(x)", "y = tanh(x)");
	assert.equal(one.undone(), "gate");
	assert.equal(one.text, "y = tanh(x)");
	one.put(4, 11, "tanh(x)", "y = tanh(x)");
	assert.equal(one.redone(), "gate"); // nor does it end what can be done again
	one.undone();
	one.put(11, 11, "a").put(11, 12, ""); // a letter, and Backspace
	assert.equal(one.undone(), null);
	assert.equal(one.text, "y = tanh(x)");
});

test("a new change ends what could be done again", () => {
	const one = new Written("a").put(1, 1, "b", "first");
	one.undone();
	one.put(1, 1, "c", "second");
	assert.equal(one.redone(), null);
	assert.equal(one.text, "ac");
});
