/** Mends that are offered beside mistakes. */

import { MEANWHILE, refusalText } from "./api.js";
import { inverse, patched, patchUnits } from "./places.js";

/** Make the mend of an error in a text: all its changes, of which each alone would be half of it.
 * @param {App} app @param {Refusal} error @param {string} text */
export function mend(app, error, text) {
	app.pane.focus();
	if (text !== app.text) return app.say(refusalText(MEANWHILE), true);
	const patches = patchUnits(text, (error.edits ?? []).map((edit) => [edit.start, edit.end, edit.text]));
	const before = app.pane.selection;
	app.undoList.keep(text, patches, "mend", before, before);
	const caret = inverse(text, patches).at(-1)?.[1] ?? before[1];
	app.pane.show(patched(text, patches), [caret, caret]);
	app.sync();
}
