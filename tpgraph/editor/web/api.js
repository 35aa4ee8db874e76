/** Requests to the session, over HTTP or a notebook's messages; the newest of a kind wins. */

import { awaited } from "./rest.js";

/** The session does not answer any more: the server has gone, or the page was shut out. */
export class Gone extends Error {
	/** @param {string} [message] @param {boolean} [shut] whether it answers, and only to who has its new address */
	constructor(message = "the editor's server does not answer", shut = false) {
		super(message);
		this.shut = shut;
	}
}

/** Milliseconds after which a question without an answer is asked again, on a busy machine. */
const AGAIN = [250, 750, 2000];
/** What is done at most once. */
const ONCE = new Set(["save", "recovered", "journal", "here"]);

/** What the user asked for is not possible; `refusal` has message, expected and mend. */
export class Refused extends Error {
	/** @param {Refusal} refusal */
	constructor(refusal) {
		super(refusal.message);
		this.refusal = refusal;
	}
}

/** Why nothing is done that was meant for another text. */
export const MEANWHILE = { message: "the text changed meanwhile", mend: "do it again" };

/** Which of the pages of a server this is: each has sessions of its own. */
export const PAGE = crypto.randomUUID();

/** POST /api/<op>; what is heard of long work comes by /api/events.
 * @param {string} [base] @returns {Transport} */
export function overHttp(base = "/api/") {
	/** @type {Map<string, Hear>} */
	const hearers = new Map();
	/** @type {EventSource | null} */
	let events = null;
	return async (op, body, signal, hear) => {
		const id = hear && crypto.randomUUID();
		if (id) {
			hearers.set(id, hear);
			events ??= heard(base + "events", hearers);
		}
		try {
			const answer = await fetch(base + op, {
				method: "POST",
				headers: { "Content-Type": "application/json", "Tpgraph-Page": PAGE },
				body: JSON.stringify(id ? { ...body, id } : body),
				signal,
			});
			if (answer.status === 403) throw new Gone("the editor was started anew: open the address that it printed", true);
			if (!answer.ok) throw new Gone(`the editor's server answers ${answer.status}`);
			return await answer.json();
		} catch (error) {
			if (signal.aborted || error instanceof Gone) throw error;
			throw new Gone();
		} finally {
			hearers.delete(id ?? "");
			if (hearers.size === 0) events = events?.close() ?? null;
		}
	};
}

/** @param {string} url @param {Map<string, Hear>} hearers */
function heard(url, hearers) {
	const events = new EventSource(url);
	events.onmessage = ({ data }) => {
		const { id, stages } = JSON.parse(data);
		hearers.get(id)?.(stages);
	};
	return events;
}

/** A session seen from the page. */
export class Session {
	/** @param {Transport} transport */
	constructor(transport) {
		this.transport = transport;
		/** @type {Map<string, AbortController>} */
		this.running = new Map();
	}

	/** The answer to a request; long work, of which something is to be heard, lets the page be at rest. Throws Refused and Gone.
	 * @param {string} op @param {Record<string, unknown>} [body] @param {AbortSignal} [signal] @param {Hear} [hear] */
	async ask(op, body = {}, signal = new AbortController().signal, hear) {
		const asked = this.answer(op, body, signal, hear, ONCE.has(op) ? [] : AGAIN);
		const answer = await (hear ? asked : awaited(asked));
		if (answer.superseded) throw new DOMException("a newer request has come", "AbortError");
		return answer;
	}

	/** The answer, asked for again after pauses where none comes, while somebody waits.
	 * @param {string} op @param {Record<string, unknown>} body @param {AbortSignal} signal @param {Hear | undefined} hear
	 * @param {number[]} pauses @returns {Promise<any>} */
	async answer(op, body, signal, hear, [pause, ...more]) {
		try {
			const answer = await this.transport(op, body, signal, hear);
			if (answer.refused) throw new Refused(answer.refused);
			return answer;
		} catch (error) {
			if (!pause || signal.aborted || !((error instanceof Gone && !error.shut) || (error instanceof Refused && error.refusal.again))) throw error;
		}
		await new Promise((go) => setTimeout(go, pause));
		signal.throwIfAborted();
		return this.answer(op, body, signal, hear, more);
	}

	/** The answer, or null where a newer request of the same `kind` has come meanwhile.
	 * @param {string} kind @param {string} op @param {Record<string, unknown>} body @param {Hear} [hear] */
	async newest(kind, op, body, hear) {
		this.running.get(kind)?.abort();
		const own = new AbortController();
		this.running.set(kind, own);
		try {
			const answer = await this.ask(op, body, own.signal, hear);
			return this.running.get(kind) === own ? answer : null;
		} catch (error) {
			if (own.signal.aborted) return null;
			throw error;
		} finally {
			if (this.running.get(kind) === own) this.running.delete(kind);
		}
	}

	/** End what is still being asked for: the session hears that nobody waits. @param {string} kind */
	cancel(kind) {
		this.running.get(kind)?.abort();
		this.running.delete(kind);
	}
}

/** What went wrong, in a sentence. @param {any} error */
export function failure(error) {
	return error instanceof Refused ? refusalText(error.refusal) : error.message;
}

/** An error in a sentence. @param {Refusal} refusal */
export function refusalText({ message, expected, mend }) {
	return [message, expected && `expected: ${expected}`, mend && `mend: ${mend}`].filter(Boolean).join(" — ");
}
