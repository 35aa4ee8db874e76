/** The value of a notebook's widget. Hosts send back what was written: late, twice, in any order. So each value is
 * signed, `[whose it is and the how manieth of theirs, the one that they knew]`, and one that is not newer of its writer
 * is nothing new. The kernel signs by ":" and a number. */

import { difference, patched } from "./places.js";

const KEPT = 1000; // values that others may still have to hear of
const LATER = 25; // milliseconds after which a value is sent: the picture of it is asked for first

export class SignedValue {
	/** @param {any} model @param {(text: string, before: string | undefined) => void} hear what another has written, and
	 * of which text: of none that is known here, if it is undefined */
	constructor(model, hear) {
		this.model = model;
		this.hear = hear;
		this.own = Math.random().toString(36).slice(2);
		/** The newest number of each writer. @type {Map<string, number>} */
		this.newest = new Map();
		/** @type {Map<string, string>} */
		this.texts = new Map();
		this.sign = this.signed[0];
		this.keep(this.sign, model.get("value"));
		/** Whether the kernel has the last value, or gets it: none that it had not heard of comes after. */
		this.isAgreed = true;
		/** What sends the value. @type {ReturnType<typeof setTimeout> | undefined} */
		this.timer = undefined;
		this.changed = () => queueMicrotask(() => this.look()); // some hosts set one name after the other
		model.on("change:_signed", this.changed);
	}

	/** @returns {[string, string]} */
	get signed() {
		return this.model.get("_signed");
	}

	/** @param {string} sign @param {string} text */
	keep(sign, text) {
		const [writer, number] = sign.split(":");
		this.newest.set(writer, Number(number));
		this.texts.set(sign, text);
		if (this.texts.size > KEPT) this.texts.delete(/** @type {string} */ (this.texts.keys().next().value));
		this.sign = sign;
	}

	/** Write a value, unless everybody has it. @param {string} text */
	write(text) {
		if (this.isAgreed && text === this.texts.get(this.sign)) return;
		const knew = this.sign;
		this.keep(`${this.own}:${(this.newest.get(this.own) ?? 0) + 1}`, text);
		this.isAgreed = true;
		this.model.set("value", text);
		this.model.set("_signed", [this.sign, knew]);
		this.timer ??= setTimeout(() => this.save(), LATER);
	}

	/** Send what is written, if it is not sent yet; whether there was something to send. */
	save() {
		const waits = this.timer !== undefined;
		clearTimeout(this.timer);
		this.timer = undefined;
		if (waits) this.model.save_changes();
		return waits;
	}

	/** Hear of nothing more. */
	end() {
		this.save();
		this.model.off("change:_signed", this.changed);
	}

	/** Hear the value, if it is newer. */
	look() {
		const [sign, knew] = this.signed;
		const [writer, number] = sign.split(":");
		if (Number(number) <= (this.newest.get(writer) ?? -1)) return;
		this.isAgreed = writer !== "" || knew === this.sign;
		this.keep(sign, this.model.get("value"));
		this.hear(this.model.get("value"), this.texts.get(knew));
	}
}

/** What two made of one text, as far as they changed other places of it; else what `theirs` is.
 * @param {string} before @param {string} mine @param {string} theirs */
export function joinedTexts(before, mine, theirs) {
	const [own, other] = [difference(before, mine), difference(before, theirs)];
	if (!own || !other || (own[0] < other[1] && other[0] < own[1])) return other ? theirs : mine;
	return patched(before, [own, other].sort((a, b) => a[1] - b[0] || a[0] - b[0]));
}
