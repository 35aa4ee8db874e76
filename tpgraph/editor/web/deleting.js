/** What is deleted: shown first, with what goes along; of one that is made with others, all or that alone. */

import { isToBeRead } from "./boxes.js";
import { choose } from "./dom.js";
import { opens } from "./opens.js";

/** How many names are listed of what goes with something. */
const MOST_LISTED = 24;

/** Names in a row, of many the first ones. @param {string[]} names */
function listed(names) {
	const rest = names.length - MOST_LISTED;
	return names.slice(0, MOST_LISTED).join(", ") + (rest > 0 ? ` and ${rest} more` : "");
}

/** @param {App} app */
export async function remove(app, names = app.names()) {
	if (app.chosen.length === 0) return app.say("select what is deleted: click it, or go there by arrow keys", true);
	if (isToBeRead(app)) return;
	if (names.length === 0) {
		for (const { key } of app.chosen) await app.drag.tear(app.canvas.fragment(key));
		return;
	}
	const gone = names.map((name) => app.canvas.marks.find((f) => f.name === name)?.said ?? name).join(", ");
	const of = app.text;
	const made = app.session.ask("edit", { text: of, have: app.revision, do: { edit: "delete", names }, scope: "all", dry: true });
	const how = await opens(app.parts.root, made, (dry) => asked(app, gone, dry), async ({ dependants }) => dependants.length === 0 ||
		Boolean(app.say(`${gone} stays: with it would go ${listed(dependants)}; select it and delete it again`, true)));
	if (how) await app.edit({ edit: "delete", names, of }, how === "here");
}

/** True for all, "here" for that alone, else null. @param {App} app @param {string} gone @param {{dependants: string[], here?: string[]}} dry */
function asked(app, gone, { dependants, here }) {
	if (dependants.length === 0) return true;
	const all = here ? `Others are made with it, and all go: ${listed(dependants)}.` : `What is made of it goes too: ${listed(dependants)}.`;
	const alone = here && ` Only here, ${here.length ? `these go too: ${listed(here)}` : "nothing else goes"}.`;
	return choose(`Delete ${gone}?`, all + (alone ?? ""), [["Delete all", true], ...(here ? [/** @type {[string, any]} */ (["Only here", "here"])] : []), ["Keep", null]], app.parts.root);
}
