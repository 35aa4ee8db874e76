/** What commands do, by their ids: with what is selected, or with the page. */

import { editAndOpen, isToBeRead, multiply, openMark, rename } from "./boxes.js";
import { opens } from "./opens.js";

/** What commands do, by their ids. @param {App} app */
export function actions(app) {
	const { canvas } = app;
	return {
		declare: () => app.edit({ edit: "declare", kind: "vector" }),
		...each("declare-", ["data", "target", "matrix", "scalar"], (kind) => app.edit({ edit: "declare", kind })),
		"declare-trained": () => app.edit({ edit: "declare", kind: "vector", trained: true }),
		"declare-trained-matrix": () => app.edit({ edit: "declare", kind: "matrix", trained: true }),
		...each("declare-", ["dim", "const", "fn"], (kind) => define(app, kind)),
		multiply: () => withOne(app, (f) => multiply(app, String(f.name))),
		gate: () => withVectors(app, (vectors) => editAndOpen(app, { edit: "gate", vectors })),
		bargate: () => withVectors(app, (vectors) => app.edit({ edit: "bargate", vectors })),
		readout: () => withOne(app, (f) => app.edit({ edit: "readout", vector: f.name })),
		loss: () => editAndOpen(app, { edit: "loss", name: app.names().at(-1) }),
		...each("", ["connect", "replace"], (edit) => withOne(app, (f) => picking(app, ({ chooseTarget }) => chooseTarget(app, f, edit)))),
		disconnect: () => withOne(app, (f) => picking(app, ({ disconnect }) => disconnect(app, f)), true),
		move: () => withOne(app, (f) => picking(app, ({ move }) => move(app, f))),
		edit: () => withOne(app, (f) => openMark(app, f), true),
		rename: () => withOne(app, (f) => rename(app, f)),
		name: () => withOne(app, (f) => app.edit({ edit: f.unnamed ? "name" : "unname", name: f.name })),
		delete: () => opens(app.parts.root, app.later(), ({ deleting }) => deleting.remove(app)),
		repeat: () => withNames(app, "what repeats", (names) => app.edit({ edit: "repeat", names })),
		"write-out": () => withOne(app, (f) => app.edit({ edit: "write_out", name: f.name })),
		trained: async () => (await app.later()).training.train(app),
		"train-all": async () => (await app.later()).training.trainAll(app),
		output: () => withOne(app, (f) => app.edit({ edit: "set", name: f.name, field: "output", value: "toggle" })),
		inspector: async () => (await app.later()).inspector.toggle(),
		...each("", ["copy", "cut", "paste"], async (word) => (await app.later()).clipboard[/** @type {"copy"} */ (word)](app)),
		duplicate: () => withNames(app, "what is doubled", (names) => app.edit({ edit: "duplicate", names })),
		"select-all": () => app.select(canvas.marks.map((f) => f.key)),
		undo: () => app.undo(),
		redo: () => app.redo(),
		paths: async () => (await app.later()).paths.show(),
		find: () => picking(app, ({ find }) => find(app)),
		tidy: () => redraw(app, "laid out from scratch", "tidy", () => ({}), { animated: !matchMedia("(prefers-reduced-motion: reduce)").matches }),
		view: () => toggleView(app),
		fold: () => toggleFold(app),
		"show-all": () => app.showAll(),
		"zoom-in": () => canvas.zoom(1.25),
		"zoom-out": () => canvas.zoom(0.8),
		"full-screen": async () => (await app.later()).presentation.fullScreen(),
		run: () => app.runs.run(),
		histograms: () => app.runs.toggle(),
		cancel: async () => (app.session.running.has("run") ? app.runs : (await app.later()).steps).cancel(),
		step: async () => (await app.later()).steps.go(1),
		"step-back": async () => (await app.later()).steps.go(-1),
		...each("pass-", ["forward", "backward", "sgd", "ntk", "reduced"], async (pass) => (await app.later()).steps.show(/** @type {Pass} */ (pass))),
		present: async () => (await app.later()).presentation.toggle(),
		dark: () => app.shade.turn(),
		palette: () => picking(app, ({ palette }) => palette(app)),
		keys: () => app.parts.root.classList.toggle("show-keys"),
		"to-text": () => app.pane.focus(),
		"next-pane": () => app.nextPane(),
	};
}

/** Commands that do the same with one word or another. @param {string} start @param {string[]} words @param {(word: string) => unknown} act */
function each(start, words, act) {
	return Object.fromEntries(words.map((word) => [start + word, () => act(word)]));
}

/** @param {App} app @param {(mark: Fragment) => unknown} act @param {boolean} [lines] whether it is also for lines */
function withOne(app, act, lines = false) {
	const mark = app.chosen.at(-1);
	if (app.chosen.length && isToBeRead(app)) return;
	if (!mark || (mark.name === null && !lines)) return app.say("select a mark first: click it, or go there by arrow keys", true);
	return act(mark);
}

/** A gate stands for what it makes. @param {App} app @param {(vectors: string[]) => unknown} act */
function withVectors(app, act) {
	if (app.chosen.length && isToBeRead(app)) return;
	const made = app.chosen.flatMap((f) => ((f.layer === "variables" || f.layer === "gates") && f.name ? [f.name] : []));
	const vectors = [...new Set(made)];
	if (vectors.length === 0) return app.say("select the vectors that it takes", true);
	return act(vectors);
}

/** @param {App} app @param {string} what @param {(names: string[]) => unknown} act */
function withNames(app, what, act) {
	const names = app.names();
	return names.length ? act(names) : app.say(`select ${what}`, true);
}

/** What asks for one of the marks. @param {App} app @param {(picks: Later["picks"]) => unknown} act */
function picking(app, act) {
	return opens(app.parts.root, app.later(), ({ picks }) => act(picks));
}

/** A size, a number or a function, which no mark stands for: the inspector shows it. @param {App} app @param {string} kind */
function define(app, kind) {
	const made = async () => {
		if ((await app.edit({ edit: "declare", kind })) !== null) return false;
		app.select([]);
		await (await app.later()).inspector.reveal();
		return true;
	};
	return opens(app.parts.root, made(), (isMade) => isMade && app.inspector?.focus(app.last.name));
}

/** The picture anew, with the plots that it had. @param {App} app @param {string} words @param {Parameters<App["asking"]["asks"]>} asked */
async function redraw(app, words, ...asked) {
	const plots = app.runs.shown;
	await app.asking.asks(...asked);
	app.say(words);
	if (plots) await app.runs.run();
}

/** @param {App} app */
function toggleView(app) {
	const view = (app.options.view = app.options.view === "editing" ? "paper" : "editing");
	return redraw(app, `${view} view`, "sync", () => ({ have: app.revision, options: app.options }));
}

/** Open the plates that are shown, or put what repeats into plates. @param {App} app */
async function toggleFold(app) {
	const { steps, options, canvas } = app;
	const hasPlates = () => canvas.fragments.some((f) => f.layer === "plates");
	const unfolds = hasPlates();
	if (steps && steps.pass !== "forward") {
		steps.fold = unfolds ? "no" : "yes";
		return steps.show(steps.pass);
	}
	options.fold = unfolds ? "no" : "yes";
	await redraw(app, unfolds ? "every mark is drawn" : "what repeats is folded", "sync", () => ({ have: app.revision, options }));
	if (!unfolds && !hasPlates()) app.say((await app.session.ask("folds", { text: app.text })).why, true);
	canvas.fit();
}
