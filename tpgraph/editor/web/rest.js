/** What pages wait for, so that who looks at one from outside knows when it is at rest. */

/** Milliseconds after which a page that nobody sees goes on without a frame. */
const UNSEEN = 50;

/** @type {Set<Promise<unknown>>} */
const open = new Set();

/** The same promise, which is waited for until it is kept or broken.
 * @template T @param {Promise<T>} promise @returns {Promise<T>} */
export function awaited(promise) {
	/** @type {Promise<unknown>} */
	const over = promise.then(() => open.delete(over), () => open.delete(over));
	open.add(over);
	return promise;
}

/** After the frame that shows what was just typed, which nothing is asked for before; soon where no frame is painted. */
export function nextFrame() {
	return awaited(new Promise((resolve) => {
		requestAnimationFrame(() => setTimeout(resolve, 1)); // behind what brings the frame to the screen
		setTimeout(resolve, UNSEEN);
	}));
}

/** Until everything that is waited for has come, with all that was asked for because of it. */
export async function rest() {
	do {
		await Promise.all(open);
		await new Promise((resolve) => setTimeout(resolve));
	} while (open.size > 0);
}
