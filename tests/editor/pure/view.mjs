/** The viewport. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { fitted, following, isSeen, isWhole, LEAST, MOST, panned, worldAt, zoomed } from "./web/view.js";

const WINDOW = [800, 600];

test("what is fitted is whole, in the middle, and no larger than it may be", () => {
	for (const box of [[0, 0, 100, 50], [-300, 20, 5000, 90], [10, 10, 11, 4000]]) {
		const view = fitted(box, ...WINDOW);
		assert.ok(isWhole(view, box, ...WINDOW));
		assert.ok(view.k <= 2.2);
		const [x, y] = worldAt(view, 400, 300);
		assert.ok(Math.abs(x - (box[0] + box[2]) / 2) < 1e-9 && Math.abs(y - (box[1] + box[3]) / 2) < 1e-9);
	}
});

test("a zoom keeps the place under the pointer, within its bounds", () => {
	let view = { k: 1.6, x: 40, y: -20 };
	for (const factor of [1.25, 0.8, 100, 1e-6]) {
		const before = worldAt(view, 123, 456);
		view = zoomed(view, factor, 123, 456);
		worldAt(view, 123, 456).forEach((at, i) => assert.ok(Math.abs(at - before[i]) < 1e-6));
		assert.ok(LEAST <= view.k && view.k <= MOST);
	}
	assert.deepEqual(panned(view, 3, -4), { ...view, x: view.x + 3, y: view.y - 4 });
});

test("what was made is followed as little as it needs", () => {
	const view = { k: 1, x: 0, y: 0 };
	assert.deepEqual(following(view, [100, 100, 200, 200], ...WINDOW), view);
	const after = following(view, [900, 100, 950, 200], ...WINDOW);
	assert.deepEqual(after, { k: 1, x: -174, y: 0 });
	const shrunk = following(view, [0, 0, 1600, 100], ...WINDOW);
	assert.ok(shrunk.k < 1 && isWhole(shrunk, [0, 0, 1600, 100], ...WINDOW));
	assert.ok(isSeen(view, [-10, -10, 5, 5], ...WINDOW));
	assert.ok(!isSeen(view, [-10, -10, -5, -5], ...WINDOW));
});
