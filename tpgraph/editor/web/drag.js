/** What is dragged on the picture: what takes it, what would be written, and the edit when it is let go. */

import { editAndOpen, isToBeRead, multiply, sift, takers } from "./boxes.js";

export class Drag {
	/** @param {App} app */
	constructor(app) {
		this.app = app;
		/** @type {Accepted | null} */
		this.accepted = null;
		/** The same while it is asked for. @type {Promise<Accepted | void> | null} */
		this.accepting = null;
		/** What is foreseen, and where its pointer is. */
		this.foreseen = "";
		/** @type {Point} */
		this.pointer = [0, 0];
	}

	/** @param {Dragged} dragged */
	begin({ fragment, matrix }) {
		if (isToBeRead(this.app)) return;
		const accepting = takers(this.app, fragment?.key ?? null, matrix).then((found) => {
			if (this.accepting !== accepting || !this.app.gestures.dragging) return found;
			this.accepted = found;
			this.app.canvas.element.classList.add("dragging");
			this.light(found);
			sift(this.app, found, () => this.accepted === found, () => this.light(found)).catch((error) => this.app.failed(error));
			return found;
		}).catch((error) => this.app.failed(error));
		this.accepting = accepting;
	}

	/** Light what accepts, as far as it is known. @param {Accepted} found */
	light({ targets, refuses }) {
		this.app.canvas.mark("accepts", Object.keys(targets));
		this.app.canvas.mark("refuses", Object.keys(refuses));
		this.app.gestures.tell();
	}

	/** @param {Dragged} dragged @param {Fragment | null} target
	 * @param {boolean} only @param {Point} at */
	over({ fragment }, target, only, at) {
		if (!this.accepted) return;
		const found = target ? this.accepted.targets[target.key] : null;
		const reason = target ? this.accepted.refuses[target.key] ?? (only ? null : onlyHere(found)) : null;
		const product = !target && fragment?.name && this.app.shelf.length === 0;
		const says = reason ?? (found ? found.says + (only ? ", only here" : "") : "drop on what is lit, or into the empty to multiply");
		this.foresee(found && !reason ? found.do : product ? { edit: "multiply", vector: fragment.name } : null, only, at, says, Boolean(reason));
	}

	/** Show what an edit would write and draw, before the button is released.
	 * @param {Do | null} what @param {boolean} only @param {Point} at @param {string} [says] @param {boolean} [wrong] */
	async foresee(what, only, at, says = "", wrong = false) {
		this.pointer = at;
		const wanted = JSON.stringify([what, only, says]);
		if (wanted === this.foreseen) return this.app.parts.preview.move(at);
		this.foreseen = wanted;
		this.app.say(says, wrong);
		this.app.parts.preview.hide();
		this.app.canvas.draft([]);
		if (!what) return this.app.session.cancel("dry");
		try {
			const dry = await this.app.tried(what, only);
			if (!dry || this.foreseen !== wanted) return;
			this.app.parts.preview.show(dry, only, this.pointer);
			this.app.canvas.draft(dry.appearing);
		} catch (error) {
			if (this.foreseen === wanted) this.app.failed(error);
		}
	}

	/** @param {Dragged} dragged @param {Fragment | null} target
	 * @param {boolean} only @param {Point} at */
	async drop({ fragment, matrix }, target, only, at) {
		if (isToBeRead(this.app)) return this.end();
		if (target) return editAndOpen(this.app, this.taken(target), only);
		this.givenUp();
		if (fragment?.name && fragment.layer === "variables") await multiply(this.app, fragment.name, at).catch((error) => this.app.failed(error));
		else if (matrix) this.app.say(`drop ${matrix} on the vector that it multiplies`, true);
	}

	/** The edit of a drop on a target, or null: then it is said why. @param {Fragment} target */
	async taken(target) {
		const { accepting } = this;
		this.end(); // the next drag may begin before this one is answered
		const accepted = await accepting;
		const found = accepted?.targets[target.key];
		if (!found) this.app.say(accepted?.refuses[target.key] ?? "nothing is joined there", true);
		return found?.do ?? null;
	}

	/** A drag that ends where it does nothing: what was said of it holds no more. */
	givenUp() {
		this.end();
		this.app.say("");
	}

	end() {
		this.accepted = this.accepting = null;
		this.foreseen = "";
		this.app.session.cancel("dry");
		this.app.session.cancel("try");
		this.app.canvas.mark("accepts", []);
		this.app.canvas.mark("refuses", []);
		this.app.canvas.draft([]);
		this.app.canvas.element.classList.remove("dragging");
		this.app.parts.preview.hide();
	}

	/** The edit that takes a line away; null where it is what makes its vector. @param {Fragment} line @returns {Do | null} */
	tornOff(line) {
		const gate = this.app.canvas.fragment(`gates/${line.target}`)?.name;
		return gate && typeof line.argument === "number" ? { edit: "disconnect", gate, argument: line.argument, of: this.app.shownText } : null;
	}

	/** @param {Fragment | null} line @param {boolean} [only] */
	tear(line, only) {
		this.end();
		const what = line && this.tornOff(line);
		if (what) return this.app.edit(what, only);
		if (!isToBeRead(this.app)) this.app.say("this line is what makes its vector: delete the vector", true);
	}
}

/** Why a target takes nothing but "only here". @param {{all?: string} | null} target */
function onlyHere(target) {
	return target?.all ? `${target.all}; with Shift or a second finger it is taken, only here` : null;
}
