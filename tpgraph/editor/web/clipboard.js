/** What is copied, cut and pasted: statements, with what they need. */

import { remove } from "./deleting.js";

/** @param {App} app */
export async function cut(app) {
	const names = app.names();
	await copy(app);
	if (names.length) await remove(app, names);
}

/** @param {App} app */
export async function copy(app) {
	const names = app.names();
	if (names.length === 0) return app.say("select what is copied", true);
	const { clip } = await app.session.ask("copy", { text: app.text, names });
	app.clip = clip;
	await navigator.clipboard?.writeText(clip).catch(() => undefined);
	app.say(`copied ${names.join(", ")}`);
}

/** @param {App} app */
export async function paste(app) {
	const clip = (await navigator.clipboard?.readText?.().catch(() => "")) || app.clip;
	if (clip) await app.edit({ edit: "paste", clip });
	else app.say("nothing was copied", true);
}
