import { awaited } from "./rest.js";

/** Work on one session in order: a request waits for the one before, and of requests of one kind
 * that wait only the newest is made. */
export class Lane {
	constructor() {
		/** @type {Promise<unknown>} */
		this.last = Promise.resolve();
		/** @type {Map<string, object>} */
		this.waiting = new Map();
	}

	/** @template T @param {() => Promise<T>} work @returns {Promise<T>} */
	run(work) {
		const next = awaited(this.last.then(work, work));
		this.last = next.catch(() => undefined);
		return next;
	}

	/** The same, or null where newer work of this kind came before its turn.
	 * @template T @param {string} kind @param {() => Promise<T>} work @returns {Promise<T | null>} */
	newest(kind, work) {
		const token = {};
		this.waiting.set(kind, token);
		return this.run(async () => {
			if (this.waiting.get(kind) !== token) return null;
			this.waiting.delete(kind);
			return work();
		});
	}
}
