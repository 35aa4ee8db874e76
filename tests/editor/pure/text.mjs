/** The coloured copy of a text, its letters and the numbers that are drawn. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { changedLines, colouredLines, letterBefore, shifted, sliderAt } from "./web/colour.js";
import { indentAt } from "./web/textpane.js";

test("the copy has the letters of the text, whatever is coloured in it", () => {
	const text = "width n\n\nx = tanh(u)\n";
	const lines = colouredLines(text, [[0, 5, "keyword"], [13, 17, "name"]], [{ start: 9, end: 20, message: "", warning: false }], [[13, 20]]);
	assert.equal(lines.map((pieces) => pieces.map(([words]) => words).join("")).join("\n"), text);
	assert.deepEqual(lines[0][0], ["width", "keyword"]);
	assert.deepEqual(new Set(lines[2].find(([words]) => words === "tanh")?.[1].split(" ")), new Set(["name", "fault", "lit"]));
});

test("a mistake at the end of a line is seen under its last letter", () => {
	const [line] = colouredLines("x =\n", [], [{ start: 3, end: 3, message: "", warning: false }]);
	assert.deepEqual(line.at(-1), ["=", "fault"]);
});

test("only lines that differ are painted", () => {
	assert.deepEqual(changedLines(["a", "b", "c"], ["a", "x", "y", "c"]), [1, 2, 3]);
	assert.deepEqual(changedLines(["a"], ["a"]), [1, 1, 1]);
});

test("colours follow what is typed", () => {
	const tokens = [[0, 5, "keyword"], [6, 7, "name"]];
	assert.deepEqual(shifted(tokens, [0, 0, "# "]), [[2, 7, "keyword"], [8, 9, "name"]]);
	assert.deepEqual(shifted(tokens, [2, 4, ""]), [[0, 3, "keyword"], [4, 5, "name"]]);
	assert.deepEqual(shifted(tokens, [5, 8, ""]), [[0, 5, "keyword"]]);
});

test("names of letters become them, and others stay", () => {
	assert.deepEqual(letterBefore("x = \\xi", 7), [4, 7, "ξ"]);
	assert.equal(letterBefore("x = \\nothing", 12), null);
	assert.equal(letterBefore("xi", 2), null);
});

test("numbers of const and dim are drawn, and no others", () => {
	const text = "const L = 30\nx = 5\ndim d=2.5\n";
	for (const caret of [9, 10, 11, 12]) assert.deepEqual(sliderAt(text, caret), { start: 10, end: 12, name: "L", value: 30 });
	for (const caret of [0, 7, 17, 26]) assert.equal(sliderAt(text, caret), null);
});

test("a line begins under the one before, and further in behind a loop's colon", () => {
	assert.equal(indentAt("for l in 2..L:", 14), "    ");
	assert.equal(indentAt("    x = a", 9), "    ");
	assert.equal(indentAt("x = a", 5), "");
});
