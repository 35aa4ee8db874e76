/** What a command asks for: one of the marks and lines that it could take. */

import { opens } from "./opens.js";

/** One of some marks and lines, once they are known: by the letters shown at it, the last one a capital for
 * "only here", or by a click. @template T @param {App} app @param {Promise<[string, T][]>} asked
 * @returns {Promise<{target: T, only: boolean} | null>} */
export async function pick(app, asked) {
	app.canvas.element.focus();
	return await opens(app.parts.root, asked, (targets) => (targets.length ? shown(app, targets) : null)) ?? null;
}

/** @template T @param {App} app @param {[string, T][]} targets @returns {Promise<{target: T, only: boolean} | null>} */
function shown(app, targets) {
	const { canvas } = app;
	return new Promise((resolve) => {
		let typed = "";
		const codes = letterCodes(targets.length);
		const tags = app.parts.letters(targets.map(([key], i) => ({ at: canvas.handle(key), letter: codes[i] })));
		canvas.mark("accepts", targets.map(([key]) => key));
		app.say("type the letters of what takes it, the last one with Shift for only here; or click it");
		const ended = new AbortController();
		const hears = { capture: true, signal: ended.signal };
		/** @param {number} i @param {boolean} only */
		const end = (i, only) => {
			ended.abort();
			tags.remove();
			canvas.mark("accepts", []);
			app.say("");
			resolve(targets[i] ? { target: targets[i][1], only } : null);
		};
		canvas.element.addEventListener("keydown", (event) => {
			event.preventDefault();
			event.stopImmediatePropagation();
			if (event.key.length !== 1 && event.key !== "Escape") return;
			const letter = event.key.toLowerCase();
			typed += letter;
			if (codes.includes(typed) || !codes.some((code) => code.startsWith(typed))) end(codes.indexOf(typed), letter !== event.key);
		}, hears);
		canvas.element.addEventListener("pointerdown", (event) => {
			event.stopImmediatePropagation();
			const mark = canvas.at(event.clientX, event.clientY);
			end(targets.findIndex(([key]) => key === mark?.key), event.shiftKey);
		}, hears);
		canvas.element.addEventListener("blur", () => end(-1, false), hears);
	});
}

/** Letters for some marks, of one length. @param {number} count */
function letterCodes(count) {
	const letters = Array.from("abcdefghijklmnopqrstuvwxyz");
	const codes = count > letters.length ? letters.flatMap((a) => letters.map((b) => a + b)) : letters;
	return codes.slice(0, count);
}
