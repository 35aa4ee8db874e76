/** What a command asks for: one of the marks and lines that it could take. */

/** One of some marks and lines: by the letters shown at it, the last one a capital for "only here", or by a click.
 * What is typed before they are known counts. @template T @param {App} app @param {Promise<[string, T][]>} asked
 * @returns {Promise<{target: T, only: boolean} | null>} */
export function pick(app, asked) {
	const { canvas } = app;
	canvas.element.focus();
	return new Promise((resolve, reject) => {
		/** @type {[string, T][]} */
		let targets = [];
		/** @type {string[] | null} */
		let codes = null;
		/** @type {[string, boolean][]} */
		let early = [];
		let typed = "";
		let tags = document.createElement("div");
		const ended = new AbortController();
		const hears = { capture: true, signal: ended.signal };
		/** @param {number} i @param {boolean} only */
		const end = (i, only) => {
			ended.abort();
			tags.remove();
			canvas.mark("accepts", []);
			if (targets.length) app.say("");
			resolve(targets[i] ? { target: targets[i][1], only } : null);
		};
		/** @param {string} letter @param {boolean} only */
		const take = (letter, only) => {
			if (!codes) return early.push([letter, only]);
			typed += letter.toLowerCase();
			if (codes.includes(typed) || !codes.some((code) => code.startsWith(typed))) end(codes.indexOf(typed), only);
		};
		canvas.element.addEventListener("keydown", (event) => {
			event.preventDefault();
			event.stopImmediatePropagation();
			if (event.key.length === 1 || event.key === "Escape") take(event.key, event.shiftKey);
		}, hears);
		canvas.element.addEventListener("pointerdown", (event) => {
			event.stopImmediatePropagation();
			const mark = canvas.at(event.clientX, event.clientY);
			end(targets.findIndex(([key]) => key === mark?.key), event.shiftKey);
		}, hears);
		canvas.element.addEventListener("blur", () => end(-1, false), hears);
		asked.then((found) => {
			if (found.length === 0 || ended.signal.aborted) return end(-1, false);
			targets = found;
			const letters = letterCodes(found.length);
			codes = letters;
			tags = app.parts.letters(found.map(([key], i) => ({ at: canvas.handle(key), letter: letters[i] })));
			canvas.mark("accepts", found.map(([key]) => key));
			app.say("type the letters of what takes it, the last one with Shift for only here; or click it");
			early.forEach(([letter, only]) => take(letter, only));
		}).catch((error) => {
			end(-1, false);
			reject(error);
		});
	});
}

/** Letters for some marks, of one length. @param {number} count */
function letterCodes(count) {
	const letters = Array.from("abcdefghijklmnopqrstuvwxyz");
	const codes = count > letters.length ? letters.flatMap((a) => letters.map((b) => a + b)) : letters;
	return codes.slice(0, count);
}
