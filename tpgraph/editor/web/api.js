// @ts-check
/** Requests to the session, over HTTP or a notebook's messages; the newest of a kind wins. */

/** The session does not answer any more: the server has gone, or the page was shut out. */
export class Gone extends Error {}

/** What the user asked for is not possible; `refusal` has message, expected and mend. */
export class Refused extends Error {
  /** @param {Refusal} refusal */
  constructor(refusal) {
    super(refusal.message);
    this.refusal = refusal;
  }
}

/** POST /api/<op>. @param {string} [base] @returns {Transport} */
export function overHttp(base = "/api/") {
  return async (op, body, signal) => {
    let answer;
    try {
      answer = await fetch(base + op, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(body),
        signal,
      });
    } catch (error) {
      if (signal.aborted) throw error;
      throw new Gone("the editor's server does not answer");
    }
    if (!answer.ok) throw new Gone(`the editor's server answers ${answer.status}`);
    return answer.json();
  };
}

/** A session seen from the page. */
export class Session {
  /** @param {Transport} transport */
  constructor(transport) {
    this.transport = transport;
    /** @type {Map<string, AbortController>} */
    this.running = new Map();
  }

  /** The answer to a request. Throws Refused and Gone.
   * @param {string} op @param {Record<string, unknown>} [body] @param {AbortSignal} [signal] */
  async ask(op, body = {}, signal = new AbortController().signal) {
    const answer = await this.transport(op, body, signal);
    if (answer.refused) throw new Refused(answer.refused);
    if (answer.superseded) throw new DOMException("a newer request has come", "AbortError");
    return answer;
  }

  /** The answer, or null where a newer request of the same `kind` has come meanwhile.
   * @param {string} kind @param {string} op @param {Record<string, unknown>} body */
  async newest(kind, op, body) {
    this.running.get(kind)?.abort();
    const own = new AbortController();
    this.running.set(kind, own);
    try {
      const answer = await this.ask(op, body, own.signal);
      return this.running.get(kind) === own ? answer : null;
    } catch (error) {
      if (own.signal.aborted) return null;
      throw error;
    }
  }

  /** Forget what is still being asked for. @param {string} kind */
  cancel(kind) {
    this.running.get(kind)?.abort();
    this.running.delete(kind);
  }
}
