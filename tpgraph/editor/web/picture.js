/** Pictures as keyed fragments, and what a difference makes of one. */

export const LAYERS = [
	"contexts", "plates", "arrows", "gates", "edges", "paths", "variables", "annotations", "path-dots",
	"labels", "legend",
];

/** The fragments after a difference, in order, and the keys of those that are drawn anew.
 * @param {readonly Fragment[]} before @param {Picture} picture
 * @returns {{fragments: Fragment[], drawn: Set<string>}} */
export function applied(before, picture) {
	if (picture.full) {
		return { fragments: picture.full, drawn: new Set(picture.full.map((f) => f.key)) };
	}
	const found = new Map(before.map((f) => [f.key, f]));
	for (const key of picture.go ?? []) found.delete(key);
	for (const [key, x, y] of picture.move ?? []) {
		const old = found.get(key);
		if (old) found.set(key, { ...old, x, y });
	}
	for (const [key, facts] of Object.entries(picture.facts ?? {})) {
		const old = found.get(key);
		if (old) found.set(key, { ...old, ...facts });
	}
	const drawn = new Set();
	for (const fragment of [...(picture.change ?? []), ...(picture.come ?? [])]) {
		found.set(fragment.key, fragment);
		drawn.add(fragment.key);
	}
	const keys = picture.order ?? [...found.keys()];
	const fragments = keys.flatMap((key) => found.get(key) ?? []);
	return { fragments, drawn };
}

/** The vectors, scalars and gates among fragments. @param {readonly Fragment[]} fragments */
export function marks(fragments) {
	return fragments.filter((f) => f.layer === "variables" || f.layer === "gates");
}

/** The mark next to another along an arrow key: ← made from, → used by, ↑ ↓ in its column.
 * @param {readonly Fragment[]} fragments @param {string} key @param {string} arrow
 * @returns {string | null} */
export function neighbour(fragments, key, arrow) {
	const all = marks(fragments);
	const own = all.find((f) => f.key === key);
	if (!own) return all[0]?.key ?? null;
	if (arrow === "ArrowLeft" || arrow === "ArrowRight") return along(fragments, own, arrow);
	const upwards = arrow === "ArrowUp";
	const column = all.filter((f) => Math.abs(f.x - own.x) < 12 && f.key !== own.key);
	const beyond = column.filter((f) => (upwards ? f.y < own.y : f.y > own.y));
	beyond.sort((a, b) => Math.abs(a.y - own.y) - Math.abs(b.y - own.y));
	return beyond[0]?.key ?? null;
}

/** @param {readonly Fragment[]} fragments @param {Fragment} own @param {string} arrow */
function along(fragments, own, arrow) {
	const id = own.key.slice(own.key.indexOf("/") + 1);
	const line = arrow === "ArrowLeft"
		? fragments.find((f) => f.layer === "edges" && f.target === id)
		: fragments.find((f) => f.layer === "edges" && f.source === id);
	const other = line && (arrow === "ArrowLeft" ? line.source : line.target);
	return marks(fragments).find((f) => f.key.endsWith("/" + other))?.key ?? null;
}
