/** Places in a text: the session counts code points, the browser UTF-16 units. */

const ASTRAL = /[\ud800-\udbff][\udc00-\udfff]/;

/** The UTF-16 offset of a code point.
 * @param {string} text @param {number} point */
export function toUnits(text, point) {
	if (!ASTRAL.test(text)) return Math.min(point, text.length);
	let units = 0;
	for (const letter of text) {
		if (point-- <= 0) break;
		units += letter.length;
	}
	return units;
}

/** The code point at a UTF-16 offset.
 * @param {string} text @param {number} unit */
export function toPoints(text, unit) {
	if (!ASTRAL.test(text)) return Math.min(unit, text.length);
	return Array.from(text.slice(0, unit)).length;
}

/** A span [start, end] of the session in UTF-16 units.
 * @param {string} text @param {Span} span @returns {Span} */
export function spanUnits(text, [start, end]) {
	return [toUnits(text, start), toUnits(text, end)];
}

/** Patches of the session in UTF-16 units.
 * @param {string} text @param {Patch[]} patches @returns {Patch[]} */
export function patchUnits(text, patches) {
	return patches.map(([start, end, words]) => [...spanUnits(text, [start, end]), words]);
}

/** The text after disjoint patches in rising order.
 * @param {string} text @param {readonly Patch[]} patches */
export function patched(text, patches) {
	let out = "";
	let at = 0;
	for (const [start, end, words] of patches) {
		out += text.slice(at, start) + words;
		at = end;
	}
	return out + text.slice(at);
}

/** The patches that take others back.
 * @param {string} text the text before @param {readonly Patch[]} patches @returns {Patch[]} */
export function inverse(text, patches) {
	let shift = 0;
	return patches.map(([start, end, words]) => {
		const from = start + shift;
		shift += words.length - (end - start);
		return [from, from + words.length, text.slice(start, end)];
	});
}

/** A selection after disjoint patches in rising order: behind what comes at its place.
 * @param {readonly Patch[]} patches @param {Span} selection @returns {Span} */
export function carried(patches, [start, end]) {
	/** @param {number} at */
	const after = (at) => {
		let by = 0;
		for (const [from, to, words] of patches) {
			if (to <= at) by += words.length - (to - from);
			else if (from < at) by += Math.min(0, from + words.length - at);
		}
		return at + by;
	};
	return [after(start), after(end)];
}

/** Where a span of one text is in another that was made of it. @param {string} before @param {string} after @param {Span} span */
export function moved(before, after, span) {
	const patch = difference(before, after);
	return patch ? carried([patch], span) : span;
}

/** The one patch that makes `after` of `before`; null where they are equal.
 * @param {string} before @param {string} after @returns {Patch | null} */
export function difference(before, after) {
	if (before === after) return null;
	const shorter = Math.min(before.length, after.length);
	let head = 0;
	while (head < shorter && before[head] === after[head]) head++;
	let tail = 0;
	while (tail < shorter - head && before.at(-1 - tail) === after.at(-1 - tail)) tail++;
	return [head, before.length - tail, after.slice(head, after.length - tail)];
}
