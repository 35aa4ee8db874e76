/** What is said of a place in the text under the pointer: its mistake, or what its name is and tends to. */

import { refusalText } from "./api.js";
import { moved, toPoints } from "./places.js";

export class TextTip {
	/** @param {App} app */
	constructor(app) {
		this.app = app;
		/** What the pointer was over last. */
		this.turn = {};
		/** What the names of a text tend to. @type {{text: string, limits: Promise<Record<string, string>>} | null} */
		this.known = null;
	}

	/** Say what is at a place of the text, under the box that it stands in. @param {number | null} at @param {DOMRect} [box] */
	over(at, box) {
		const { session, text } = this.app;
		const { tip } = this.app.parts;
		const own = (this.turn = {});
		session.cancel("hover");
		if (at === null || !box) return tip.hide();
		/** @param {string} words */
		const show = (words) => tip.show(words, box.left + 40, box.bottom - 40);
		const place = toPoints(this.app.shownText, moved(text, this.app.shownText, [at, at])[0]);
		const error = [...(this.app.shownView?.errors ?? []), ...(this.app.shownView?.warnings ?? [])].find((e) =>
			e.start !== null && e.start !== undefined && place >= e.start && place <= Number(e.end));
		if (error) return show(refusalText(error));
		session.newest("hover", "hover", { text, at: toPoints(text, at) }).then(async (found) => {
			if (!found?.title) return found && tip.hide();
			const words = `${found.title} · ${found.type}`;
			show(words);
			const limit = (await this.limits(text))[found.name];
			if (limit && this.turn === own) show(`${words} · limit: ${limit}`);
		}).catch(() => tip.hide());
	}

	/** What the names of a text tend to, found beside everything else; of some texts nothing. @param {string} text */
	limits(text) {
		if (this.known?.text !== text) {
			const limits = this.app.session.newest("limits", "limits", { text }, () => undefined).then((found) => found?.limits ?? {}, () => ({}));
			this.known = { text, limits };
		}
		return this.known.limits;
	}
}
