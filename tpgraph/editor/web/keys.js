/** Keys: those of commands on the whole page; arrows, Tab and Escape on the picture. */

import { commandOf } from "./commands.js";
import { focused } from "./dom.js";
import { neighbour } from "./picture.js";

/** @param {App} app @param {HTMLElement} root */
export function listen(app, root) {
	root.addEventListener("keydown", (event) => {
		const onCanvas = focused(root) === app.canvas.element;
		if (onCanvas && canvasKey(app, event)) return;
		const command = commandOf(event, onCanvas);
		if (!command) return;
		event.preventDefault();
		event.stopPropagation();
		app.command(command.id);
	});
}

/** Arrow keys, Tab and Escape on the picture. @param {App} app @param {KeyboardEvent} event */
function canvasKey(app, event) {
	if (app.presentation?.key(event)) return true;
	const last = [...app.canvas.selected].at(-1) ?? app.canvas.marks[0]?.key;
	if (event.key.startsWith("Arrow") && last && !event.ctrlKey && !event.metaKey && !event.altKey) {
		event.preventDefault();
		const next = app.canvas.selected.size ? neighbour(app.canvas.fragments, last, event.key) : last;
		if (next) app.select(event.shiftKey ? [...app.canvas.selected, next] : [next]);
		return true;
	}
	if (event.key === "Escape" && (app.gestures.dragging || app.chosen.length > 0)) {
		app.gestures.cancel();
		app.select([]);
		event.preventDefault();
		return true;
	}
	if (event.key === "Escape" && app.steps && app.steps.at !== null) {
		app.steps.end();
		event.preventDefault();
		return true;
	}
	if (event.key === "Tab" && !event.ctrlKey) return nextUnnamed(app, event);
	return false;
}

/** From one unnamed vector to the next. @param {App} app @param {KeyboardEvent} event */
function nextUnnamed(app, event) {
	const unnamed = app.canvas.marks.filter((f) => f.layer === "variables" && f.unnamed);
	const at = unnamed.findIndex((f) => app.canvas.selected.has(f.key));
	const next = unnamed[at + (event.shiftKey ? -1 : 1)];
	if (!next) return false;
	event.preventDefault();
	app.select([next.key]);
	return true;
}
