/** Mends that are offered beside mistakes. */

import { MEANWHILE, refusalText } from "./api.js";
import { patchUnits } from "./places.js";

/** Make a mend of an error in a text, by its number. @param {App} app @param {Refusal} error @param {number} choice @param {string} text */
export function mend(app, error, choice, text) {
	const found = error.edits?.[choice];
	if (!found) return;
	app.pane.focus();
	if (text !== app.text) return app.say(refusalText(MEANWHILE), true);
	const patches = patchUnits(text, [[found.start, found.end, found.text]]);
	const before = app.pane.selection;
	app.undoList.keep(text, patches, "mend", before, before);
	const [start, end, words] = patches[0];
	app.pane.show(text.slice(0, start) + words + text.slice(end), [start + words.length, start + words.length]);
	app.sync();
}
