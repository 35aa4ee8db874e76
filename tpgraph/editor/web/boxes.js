/** Boxes over the picture: a formula, a name, one of a list. */

import { refusalText } from "./api.js";
import { lineBox } from "./box.js";
import { focused } from "./dom.js";
import { opens } from "./opens.js";
import { spanUnits } from "./places.js";

/** h = W x, by a matrix of the shelf that fits or a new one.
 * @param {App} app @param {string} vector @param {Point} [at] */
export async function multiply(app, vector, at = middle(app)) {
	if (app.shelf.length === 0) return app.edit({ edit: "multiply", vector });
	const asked = Promise.all([app.session.ask("factors", { text: app.text, vector }), app.later()]);
	/** @type {Factor | null | undefined} */
	const factor = await opens(app.parts.root, asked, async (/** @type {[{factors: Factor[]}, Later]} */ [{ factors }, { picks }]) => {
		const items = factors.map(({ title, detail, fits }, i) => ({ id: String(i), title, detail, off: !fits }));
		const id = await picks.picker(app.parts.overlay(at), (words) => items.filter((i) => i.title.includes(words.trim())), `multiply ${vector} by`);
		return id === null ? null : factors[Number(id)];
	});
	backToCanvas(app);
	if (!factor) return;
	const { matrix, transpose, title, detail, fits } = factor;
	if (!fits) app.say(`${title}: ${detail}`, true);
	else await app.edit({ edit: "multiply", vector, transpose, ...(matrix ? { matrix } : {}) });
}

/** Open what a mark says: a gate's formula, a name; the empty gets a vector.
 * @param {App} app @param {Fragment | null} fragment @returns {Promise<unknown>} */
export async function openMark(app, fragment) {
	if (fragment && app.shownText !== app.text) {
		return opens(app.parts.root, app.lane.last, () => {
			const now = app.canvas.fragment(fragment.key);
			if (!now || app.shownText !== app.text) return Boolean(app.say("the picture is of the text before", true));
			return openMark(app, now);
		});
	}
	if (!fragment) await app.edit({ edit: "declare", kind: "vector" });
	else if (isToBeRead(app)) return;
	else if (fragment.layer === "gates") await formula(app, fragment);
	else {
		if (fragment.matrix) app.selectMatrix(fragment.matrix);
		const named = fragment.layer === "edges" ? app.chosen.at(-1) : fragment;
		if (named?.name) await rename(app, named);
		else app.say("nothing here has a name", true);
	}
}

/** What is said of a derived view, whose marks are not changed; nothing of the program. @param {App} app */
export function derivedText(app) {
	return app.parts.root.classList.contains("derived") ? `${app.parts.passTitle()}: to be read, not changed` : "";
}

/** Whether the picture is a derived view; then that is said. @param {App} app */
export function isToBeRead(app) {
	const text = derivedText(app);
	if (text) app.say(`${text}; the program that can be is under Step › Program`, true);
	return text !== "";
}

/** Open the box of what an edit has selected in the text. @param {App} app */
function openSelected(app) {
	const gate = app.chosen.filter((f) => f.layer === "gates").at(-1);
	const added = app.last.added;
	const [start] = app.here(gate?.span ?? [0, 0]);
	if (gate) return formula(app, gate, added ? [added[0] - start, added[1] - start] : null);
}

/** @param {App} app @param {Fragment} gate @param {Span | null} [selection] */
async function formula(app, gate, selection = null) {
	if (!gate.name || !gate.span) return;
	const words = app.canvas.marks.flatMap((f) => (f.layer === "variables" && f.name && !f.unnamed ? [String(f.said)] : []));
	await ask(app, `${gate.said} =`, app.text.slice(...spanUnits(app.text, gate.span)), gate, (formula) => ({ edit: "formula", name: gate.name, formula }), selection, words);
}

/** A name with an index is renamed with its family, or as one member alone; what has none gets one.
 * @param {App} app @param {Fragment} mark */
export async function rename(app, mark) {
	const { name, unnamed, said } = mark;
	if (!name) return;
	const many = mark.many || name.endsWith("]");
	const now = unnamed ? "" : said ?? name;
	await ask(app, unnamed ? `name of ${said}` : "name", now, { ...mark, many }, (to) => (to === now ? null : { edit: "rename", name, to }));
}

/** A line written beside a mark; what it would change is shown before it is accepted.
 * @param {App} app @param {string} label @param {string} value @param {Fragment} mark
 * @param {(words: string) => Do | null} meant @param {Span | null} [selection] @param {string[]} [words] */
async function ask(app, label, value, mark, meant, selection, words) {
	const [left, bottom, top] = app.canvas.around(mark);
	const [x, y] = app.canvas.placed([left, bottom]);
	/** @param {string} written @param {boolean} only */
	const accept = (written, only) => {
		const what = meant(written);
		return what ? app.edit(what, only) : Promise.resolve(null);
	};
	/** @param {string | null} written @param {boolean} only @param {DOMRect} box */
	const foresee = async (written, only, { left, top, bottom }) => {
		const what = written === null || written === value ? null : meant(written);
		const dry = what ? await app.tried(what, only).catch(() => undefined) : app.session.cancel("dry");
		if (dry) app.parts.preview.show(dry, only, [left - 16, bottom - 12], top);
		else if (dry !== null) app.parts.preview.hide();
	};
	await lineBox(app.parts.picture, { label, value, x: x - 40, y: y + 8, top: y + top - bottom - 8, selection, words, many: mark.many, accept, foresee });
	backToCanvas(app);
}

/** The focus of a box that has closed goes back to the picture, unless it has gone elsewhere. @param {App} app */
export function backToCanvas(app) {
	if (!app.parts.root.contains(focused(app.parts.root))) app.canvas.element.focus();
}

/** @param {App} app @returns {Point} */
export function middle(app) {
	const { width, height, left, top } = app.canvas.size;
	return [left + width / 2, top + height / 3];
}

/** What takes a mark or a matrix, once the picture is that of the text: edits of that text alone.
 * @param {App} app @param {string | null} mark @param {string | null} [matrix] @returns {Promise<Accepted>} */
export function takers(app, mark, matrix = null) {
	return app.lane.run(async () => {
		const { text } = app;
		const found = await app.session.ask("accept", { text, mark, matrix });
		for (const { do: edit } of Object.values(found.targets)) edit.of = text;
		return found;
	});
}

/** Try what was found to fit, some at a time: what is refused goes to the refused, `sifted` hears of each step.
 * Ends where nobody `wants` it any more, or the text changes. @param {App} app @param {Accepted} found
 * @param {() => boolean} wants @param {() => void} [sifted] */
export async function sift(app, { targets, refuses }, wants, sifted) {
	const { text } = app;
	let left = Object.entries(targets);
	while (left.length && wants() && app.text === text) {
		const edits = left.map(([, { do: { of, ...edit } }]) => edit);
		const answer = await app.session.newest("try", "try", { text, edits });
		if (!answer || !wants()) return;
		for (const [i, no] of answer.tried.entries()) {
			const [key, target] = left[i];
			if (no?.here) target.all = no.why.message;
			else if (no) {
				refuses[key] = refusalText(no.why);
				delete targets[key];
			}
		}
		left = left.slice(answer.tried.length);
		sifted?.();
	}
}

/** Make an edit; the formula of a gate that it made is opened, and what it connects is selected there, so that
 * typing replaces it. @param {App} app @param {Do | null | Promise<Do | null>} asked @param {boolean} [only] */
export function editAndOpen(app, asked, only = false) {
	const made = async () => {
		const what = await asked;
		return what && (await app.edit(what, only)) === null ? what.edit : null;
	};
	return opens(app.parts.root, made(), (edit) => (edit === null ? false : ["connect", "gate", "loss"].includes(edit) ? openSelected(app) : undefined));
}
