/** What is said of a place in the text under the pointer: its mistake, or what its name is. */

import { refusalText } from "./api.js";
import { moved, toPoints } from "./places.js";

export class TextTip {
	/** @param {App} app */
	constructor(app) {
		this.app = app;
	}

	/** Say what is at a place of the text, under the box that it stands in. @param {number | null} at @param {DOMRect} [box] */
	over(at, box) {
		const { session, text } = this.app;
		const { tip } = this.app.parts;
		session.cancel("hover");
		if (at === null || !box) return tip.hide();
		/** @param {string} words */
		const show = (words) => tip.show(words, box.left + 40, box.bottom - 40);
		const place = toPoints(this.app.shownText, moved(text, this.app.shownText, [at, at])[0]);
		const error = [...(this.app.shownView?.errors ?? []), ...(this.app.shownView?.warnings ?? [])].find((e) =>
			e.start !== null && e.start !== undefined && place >= e.start && place <= Number(e.end));
		if (error) return show(refusalText(error));
		session.newest("hover", "hover", { text, at: toPoints(text, at) }).then((found) => {
			if (found?.title) show([found.title, found.type, found.limit && `limit: ${found.limit}`].filter(Boolean).join(" · "));
			else if (found) tip.hide();
		}).catch(() => tip.hide());
	}
}
