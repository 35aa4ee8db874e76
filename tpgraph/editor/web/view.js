/** The viewport: world coordinates in pt to pixels, x ↦ k x + tx. */

export const LEAST = 0.1;
export const MOST = 12;

/** The view in which a box fills a window. @param {Box} box @param {number} width @param {number} height
 * @returns {Viewport} */
export function fitted([left, top, right, bottom], width, height, margin = 24, most = 2.2) {
	const across = Math.max(1, right - left);
	const down = Math.max(1, bottom - top);
	const k = Math.min(most, Math.max(1, width - 2 * margin) / across, Math.max(1, height - 2 * margin) / down);
	return { k, x: (width - k * (left + right)) / 2, y: (height - k * (top + bottom)) / 2 };
}

/** @param {Viewport} view @param {number} dx @param {number} dy @returns {Viewport} */
export function panned(view, dx, dy) {
	return { ...view, x: view.x + dx, y: view.y + dy };
}

/** Zoomed by a factor about a place of the window. @param {Viewport} view @param {number} factor
 * @param {number} px @param {number} py @returns {Viewport} */
export function zoomed(view, factor, px, py) {
	const k = clamped(view.k * factor, view.k);
	const by = k / view.k;
	return { k, x: px - (px - view.x) * by, y: py - (py - view.y) * by };
}

/** A place of the window in the world. @param {Viewport} view @param {number} px @param {number} py
 * @returns {Point} */
export function worldAt(view, px, py) {
	return [(px - view.x) / view.k, (py - view.y) / view.k];
}

/** The view moved as little as brings a box into the window, smaller only where it does not fit.
 * @param {Viewport} view @param {Box} box @param {number} width @param {number} height @returns {Viewport} */
export function following(view, [left, top, right, bottom], width, height, margin = 24) {
	const [across, down] = [width - 2 * margin, height - 2 * margin];
	const fits = Math.min(MOST, Math.min(view.k, across / Math.max(1, right - left), down / Math.max(1, bottom - top)));
	const { k, x, y } = zoomed(view, fits / view.k, width / 2, height / 2);
	/** @param {number} low @param {number} high @param {number} size */
	const by = (low, high, size) => Math.max(0, margin - low) || Math.min(0, size - margin - high);
	return { k, x: x + by(k * left + x, k * right + x, width), y: y + by(k * top + y, k * bottom + y, height) };
}

/** Whether nothing of a box is outside of the window. @param {Viewport} view @param {Box} box @param {number} width @param {number} height */
export function isWhole({ k, x, y }, [left, top, right, bottom], width, height) {
	return k * left + x >= 0 && k * right + x <= width && k * top + y >= 0 && k * bottom + y <= height;
}

/** Whether any of a box is seen. @param {Viewport} view @param {Box} box @param {number} width @param {number} height */
export function isSeen(view, [left, top, right, bottom], width, height) {
	return view.k * right + view.x > 0 && view.k * left + view.x < width
		&& view.k * bottom + view.y > 0 && view.k * top + view.y < height;
}

/** A factor in its bounds; what is smaller already, as a large picture shown whole, is so at most.
 * @param {number} k @param {number} [now] */
function clamped(k, now = LEAST) {
	return Math.min(MOST, Math.max(Math.min(LEAST, now), k));
}
