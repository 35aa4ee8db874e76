/** What is trained: matrices that are selected, or all of them; and those that are left. */

import { isToBeRead } from "./boxes.js";
import { COMMANDS } from "./commands.js";

/** @param {App} app */
export function trainAll(app) {
	return app.edit({ edit: "train", names: app.shelf.filter((row) => !row.trained).map((row) => row.name) });
}

/** Train the matrices that are selected, as lines, on the shelf or between marks, or else the one vector. @param {App} app */
export function train(app) {
	const { chosen } = app;
	if (chosen.length && isToBeRead(app)) return;
	const ids = new Set(chosen.map((f) => f.key.replace(/^.*?\//, "")));
	const between = app.canvas.fragments.filter((f) => ids.has(f.source ?? "") && ids.has(f.target ?? ""));
	const names = [...new Set([...chosen, ...between].flatMap((f) => f.matrix ?? (f.kind === "matrix" ? f.name ?? [] : [])))];
	if (names.length > 1) return app.edit({ edit: "train", names });
	const name = names[0] ?? chosen.at(-1)?.name;
	if (!name) return app.say("select a matrix or a vector first: click it, or go there by arrow keys", true);
	return app.edit({ edit: "set", name, field: "trained", value: "toggle" });
}

/** What is said of matrices that an edit leaves untrained. @param {string[]} names */
export function untrainedWords(names) {
	if (names.length === 0) return "";
	const [are, them] = names.length === 1 ? ["is", "it"] : ["are", "them"];
	const more = names.length > 3 ? ` and ${names.length - 3} more` : "";
	const command = COMMANDS.find(({ id }) => id === "trained");
	return `; ${names.slice(0, 3).join(", ")}${more} ${are} not trained: ${command?.title} (${command?.key}) makes ${them} so`;
}
