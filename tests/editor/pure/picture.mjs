/** Pictures as fragments, and the commands that keys and words mean. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { COMMANDS, commandOf, matching } from "./web/commands.js";
import { applied, neighbour } from "./web/picture.js";
import { joinedTexts } from "./web/signed.js";

/** @param {string} key @param {object} [more] */
const fragment = (key, more = {}) => ({ key, layer: key.split("/")[0], x: 0, y: 0, svg: key, title: key, ...more });
const BEFORE = [fragment("variables/a"), fragment("gates/b:gate", { x: 50 }), fragment("variables/b", { x: 80 }),
	fragment("edges/a→b", { source: "a", target: "b:gate" }), fragment("edges/b", { source: "b:gate", target: "b" })];

test("a difference moves, changes, brings and takes away, in the order that it says", () => {
	const picture = { glyphs: {}, box: [0, 0, 1, 1], go: ["edges/b"], move: [["variables/a", 7, 8]],
		facts: { "variables/b": { title: "new" } }, come: [fragment("variables/c")], change: [fragment("gates/b:gate", { svg: "other" })],
		order: ["variables/c", "variables/a", "gates/b:gate", "variables/b", "edges/a→b"] };
	const { fragments, drawn } = applied(BEFORE, picture);
	assert.deepEqual(fragments.map((f) => f.key), picture.order);
	assert.deepEqual([fragments[1].x, fragments[1].y, fragments[2].svg, fragments[3].title], [7, 8, "other", "new"]);
	assert.deepEqual(drawn, new Set(["variables/c", "gates/b:gate"]));
	assert.equal(BEFORE[0].x, 0, "what was there is left as it was");
});

test("arrows follow the graph", () => {
	assert.equal(neighbour(BEFORE, "variables/a", "ArrowRight"), "gates/b:gate");
	assert.equal(neighbour(BEFORE, "gates/b:gate", "ArrowRight"), "variables/b");
	assert.equal(neighbour(BEFORE, "variables/b", "ArrowLeft"), "gates/b:gate");
	assert.equal(neighbour(BEFORE, "variables/b", "ArrowRight"), null);
	const column = [fragment("variables/u"), fragment("variables/v", { y: 30 }), fragment("variables/w", { y: 60 })];
	assert.equal(neighbour(column, "variables/w", "ArrowUp"), "variables/v");
	assert.equal(neighbour(column, "variables/u", "ArrowUp"), null);
});

const pressed = (key, more = {}) => ({ key, ctrlKey: false, metaKey: false, shiftKey: false, altKey: false, ...more });

test("every key is of one command, and letters beside the picture are letters", () => {
	const keys = COMMANDS.flatMap(({ key }) => key ?? []);
	assert.equal(new Set(keys).size, keys.length);
	assert.equal(commandOf(pressed("g"), true)?.id, "gate");
	assert.equal(commandOf(pressed("g"), false), null);
	for (const more of [{ ctrlKey: true }, { metaKey: true }]) assert.equal(commandOf(pressed("z", more), false)?.id, "undo");
	assert.equal(commandOf(pressed("y", { ctrlKey: true }), false)?.id, "redo");
	assert.equal(commandOf(pressed("Backspace"), true)?.id, "delete");
	assert.equal(commandOf(pressed("Backspace"), false), null);
});

test("a command is found by its title first, and by what it does", () => {
	assert.equal(matching("und")[0].id, "undo");
	assert.ok(matching("histograms density").some(({ id }) => id === "run"));
	assert.deepEqual(matching("no such thing"), []);
});

test("two that wrote in other places of one text are joined; in one place theirs holds", () => {
	const before = "a = 1\nb = 2\nc = 3\n";
	assert.equal(joinedTexts(before, "a = 9\nb = 2\nc = 3\n", "a = 1\nb = 2\nc = 8\n"), "a = 9\nb = 2\nc = 8\n");
	assert.equal(joinedTexts(before, "a = 9\nb = 2\nc = 3\n", "a = 7\nb = 2\nc = 3\n"), "a = 7\nb = 2\nc = 3\n");
	assert.equal(joinedTexts(before, before, "b = 2\n"), "b = 2\n");
	assert.equal(joinedTexts(before, "b = 2\n", before), "b = 2\n");
});
