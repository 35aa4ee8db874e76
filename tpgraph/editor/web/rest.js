/** What pages wait for, so that who looks at one from outside knows when it is at rest. */

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

/** The next turn, before which a frame that is due is painted: what was just typed is shown first. */
export function nextTurn() {
	return awaited(new Promise((resolve) => setTimeout(resolve)));
}

/** Until everything that is waited for has come, with all that was asked for because of it. */
export async function rest() {
	do {
		await Promise.all(open);
		await new Promise((resolve) => setTimeout(resolve));
	} while (open.size > 0);
}
