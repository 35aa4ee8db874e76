/** Places in a text, and changes of it: what is done is taken back, in any letters. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { carried, difference, inverse, moved, patched, patchUnits, spanUnits, toPoints, toUnits } from "./web/places.js";

const TEXT = "𝕩 = φ(W ξ)\n"; // its first letter is two units of UTF-16

test("code points and units are counted to and fro", () => {
	const points = Array.from(TEXT);
	points.forEach((_, at) => {
		const unit = toUnits(TEXT, at);
		assert.equal(unit, points.slice(0, at).join("").length);
		assert.equal(toPoints(TEXT, unit), at);
	});
	assert.equal(TEXT.slice(...spanUnits(TEXT, [4, 10])), "φ(W ξ)");
	assert.deepEqual(patchUnits(TEXT, [[0, 1, "x"]]), [[0, 2, "x"]]);
});

/** Numbers that are the same in every run. @param {number} seed */
function drawn(seed) {
	return (/** @type {number} */ below) => {
		seed = (seed * 1103515245 + 12345) % 2 ** 31;
		return Math.floor((seed / 2 ** 31) * below);
	};
}

test("patches are taken back by their inverse", () => {
	const draw = drawn(1);
	for (let k = 0; k < 200; k++) {
		const text = Array.from({ length: draw(30) }, () => "ab\n 𝕩"[draw(6)]).join("");
		const cuts = Array.from({ length: 4 }, () => draw(text.length + 1)).sort((a, b) => a - b);
		const patches = [[cuts[0], cuts[1], "new".slice(draw(4))], [cuts[2], cuts[3], "words".slice(draw(6))]];
		const after = patched(text, patches);
		assert.equal(patched(after, inverse(text, patches)), text);
	}
});

test("the difference of two texts makes one of the other, and is no larger than it must be", () => {
	const draw = drawn(2);
	for (let k = 0; k < 200; k++) {
		const [a, b] = [0, 1].map(() => Array.from({ length: draw(12) }, () => "ab"[draw(2)]).join(""));
		const patch = difference(a, b);
		assert.equal(patch ? patched(a, [patch]) : a, b);
		if (patch) assert.ok(a[patch[0]] !== b[patch[0]]);
	}
	assert.equal(difference("same", "same"), null);
});

test("a selection is carried over what comes before it, and not over what comes behind", () => {
	assert.deepEqual(carried([[0, 0, "# "]], [3, 5]), [5, 7]);
	assert.deepEqual(carried([[8, 9, ""]], [3, 5]), [3, 5]);
	assert.deepEqual(carried([[2, 6, "x"]], [4, 8]), [3, 5]);
	assert.deepEqual(moved("x = a\ny = b\n", "w = 1\nx = a\ny = b\n", [6, 11]), [12, 17]);
});
