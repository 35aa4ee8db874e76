/** The editor on a page: text and picture of one program. The text is the truth; what is done on the picture comes back
 * from the session as a change of it. */

import { actions } from "./actions.js";
import { failure, Gone, MEANWHILE, Refused, Session } from "./api.js";
import { Asking } from "./asking.js";
import { openMark } from "./boxes.js";
import { Canvas, READABLE } from "./canvas.js";
import { CHANGES } from "./commands.js";
import { focused } from "./dom.js";
import { Drag } from "./drag.js";
import { gestures } from "./gestures.js";
import { listen } from "./keys.js";
import { Lane } from "./lane.js";
import { layout } from "./layout.js";
import { opens } from "./opens.js";
import { carried, difference, moved, patchUnits, spanUnits, toPoints } from "./places.js";
import { awaited, nextFrame, rest } from "./rest.js";
import { Runs } from "./runs.js";
import { Shade } from "./shade.js";
import { textPane } from "./textpane.js";
import { UndoList } from "./undo.js";

export class App {
	/** @param {HTMLElement} root @param {Host} host @param {{name: string, text: string, caret?: number}} program */
	constructor(root, host, { name, text, caret = 0 }) {
		this.host = host;
		this.shade = new Shade(root, host.around);
		this.name = name;
		this.session = new Session(host.transport);
		this.lane = new Lane();
		this.asking = new Asking(this);
		this.undoList = new UndoList();
		this.parts = layout(root, this);
		this.canvas = new Canvas(document, "Picture of the program");
		this.parts.picture.prepend(this.canvas.element);
		this.pane = textPane(document, {
			typed: (...what) => this.typed(...what),
			selected: () => this.textSelected(),
			undo: () => this.command("undo"),
			redo: () => this.command("redo"),
			slid: () => this.parts.hints.did("slide"),
			complete: (at) => this.completes((completion) => completion.ask(at)),
			key: (event) => this.completion?.key(event) ?? false,
			hover: (at, box) => this.hoverText(at, box),
		});
		this.parts.text.append(this.pane.element);
		this.runs = new Runs(this);
		/** @type {Promise<Later> | null} */
		this.coming = null;
		/** @type {import("./completion.js").Completion | null} */
		this.completion = null;
		/** @type {import("./inspector.js").Inspector | null} */
		this.inspector = null;
		/** What the pointer is over. @type {Fragment | null} */
		this.hovered = null;
		/** @type {import("./paths.js").Paths | null} */
		this.paths = null;
		/** @type {import("./steps.js").Steps | null} */
		this.steps = null;
		/** @type {import("./presentation.js").Presentation | null} */
		this.presentation = null;
		/** @type {import("./texttip.js").TextTip | null} */
		this.textTip = null;
		/** @type {string | null} */
		this.revision = null;
		/** @type {View | null} */
		this.shownView = null;
		/** The text that it is of: places in it are places there. */
		this.shownText = "";
		/** The edit that is on its way, which tells why it was refused. @type {Promise<string | null> | null} */
		this.making = null;
		this.options = { view: "editing", theme: "paper", direction: "LR", fold: "auto" };
		/** What the last edit was about, and the place of what it connected. @type {{name?: string | null, added?: Span | null}} */
		this.last = {};
		/** What was copied last. */
		this.clip = "";
		this.saidThatItFolds = false;
		/** Those selected of the shelf. @type {string[]} */
		this.matrices = [];
		this.canvas.moved = () => this.parts.showAll.toggleAttribute("hidden", this.canvas.isSeen);
		this.drag = new Drag(this);
		this.gestures = gestures(this.canvas, this.hearers());
		listen(this, root);
		Object.assign(root, { tpgraph: this }); // for who looks at a page from outside, as tests do
		this.pane.show(text, [caret, caret]);
		this.opened = this.open();
		this.opened.then(() => this.later()).catch(() => undefined);
	}

	/** What is loaded when the picture stands. */
	later() {
		return (this.coming ??= awaited((async () => {
			const [{ Completion }, { Inspector }, { Paths }, { Presentation }, { Steps }, { TextTip }, picks, clipboard, deleting, mending, training, { split }] = await Promise.all([
				import("./completion.js"), import("./inspector.js"), import("./paths.js"), import("./presentation.js"), import("./steps.js"), import("./texttip.js"), import("./pick.js"), import("./clipboard.js"), import("./deleting.js"), import("./mending.js"), import("./training.js"), import("./splitter.js")]);
			const [completion, inspector, paths, steps, textTip] = [new Completion(this), new Inspector(this, this.parts.inspector), new Paths(this), new Steps(this), new TextTip(this)];
			const presentation = new Presentation(this, steps);
			paths.over(this.hovered);
			split(this.parts.splitter);
			return Object.assign(this, { completion, inspector, paths, presentation, steps, textTip, picks, clipboard, deleting, mending, training });
		})()).catch(() => {
			this.coming = null;
			throw new Gone();
		}));
	}

	/** Until the picture stands and all that was asked for is answered, but for long work. */
	async rest() {
		await this.opened;
		await rest();
	}

	/** Complete a word, once that is loaded. @param {(completion: import("./completion.js").Completion) => unknown} what */
	completes(what) {
		this.later().then(({ completion }) => what(completion)).catch(() => undefined);
	}

	get text() {
		return this.pane.text;
	}

	/** What files made of the program are called. */
	get title() {
		return this.host.file?.() ?? this.shownView?.program?.name ?? this.name;
	}

	// ---- the session

	/** Ask for the picture of the text from scratch. */
	open() {
		return this.asking.open();
	}

	/** Ask for the picture of the text as it is now. */
	sync() {
		return this.asking.sync();
	}

	/** All of the picture in the window. Where it is too small to be read, and would fold, that is said once. */
	showAll() {
		this.canvas.fit();
		if (this.canvas.view.k >= READABLE || this.saidThatItFolds) return;
		const { text } = this;
		this.session.ask("folds", { text }).then(({ folds }) => {
			if (folds && !this.saidThatItFolds && text === this.text) this.say("too small to be read? Look › Fold or unfold puts what repeats in plates");
			this.saidThatItFolds ||= folds;
		}).catch(() => undefined);
	}

	/** What is new in the picture comes into view. @param {View} view @param {string} text the one that it is of
	 * @param {{animated?: boolean, plots?: boolean}} [how] */
	showView(view, text, { animated = false, plots = false } = {}) {
		this.parts.root.querySelector(".gone")?.remove(); // it answers again
		this.revision = view.revision;
		this.shownView = view;
		this.shownText = text;
		const wasAway = this.steps?.isAway;
		this.steps?.left();
		this.paths?.left();
		if (!plots) this.runs.passed();
		const whole = this.canvas.isWhole;
		if (view.picture) this.canvas.follow(this.canvas.show(view.picture, animated), whole, plots ? 0 : undefined);
		if (wasAway) this.canvas.fit();
		this.canvas.setSpans(view.spans);
		this.canvas.mark("faded", view.faded);
		if (text === this.text) {
			this.asking.lacks(view.old && this.canvas.fragments.length ? { old: true, words: "the text has mistakes" } : view.errors.length && this.canvas.fragments.length
				? { words: view.faded.length ? "what is faded is of the text before" : "picture without what is mistaken" } : {});
			const squiggles = [...view.errors, ...view.warnings].filter((e) => e.start !== null && e.start !== undefined)
				.map((e) => {
					const [start, end] = spanUnits(text, [Number(e.start), Number(e.end)]);
					return { start, end, message: e.message, warning: view.warnings.includes(e) };
				});
			this.pane.colour(view.tokens.map(([s, e, kind]) => [...spanUnits(text, [s, e]), kind]), squiggles);
			this.parts.showErrors(view.errors, view.warnings);
		}
		this.parts.showShelf(view.shelf);
		this.parts.showProgram(view);
		this.parts.hints.fit(text);
		this.canvas.select(this.canvas.selected);
	}

	/** Make an edit; returns the reason it is refused, or null. Keys on the picture wait for what it selects.
	 * @param {Do} what @param {boolean} [only] only here, where the mark is one of a loop @returns {Promise<string | null>} */
	edit(what, only = false) {
		const { canvas, parts } = this;
		const making = this.lane.run(() => this.made(what, only)).then(() => null, (error) => {
			this.failed(error);
			return failure(error);
		}).finally(() => {
			if (this.making === making) this.making = null;
		});
		this.making = making;
		if (focused(parts.root) === canvas.element) opens(parts.root, making, (refused) => refused === null && undefined).catch(() => undefined);
		return making;
	}

	/** @param {Do} what @param {boolean} only @param {number} [tries] @returns {Promise<void>} */
	async made({ of, ...what }, only, tries = 2) {
		const text = this.text;
		if (tries < 0 || (of ?? text) !== text) throw new Refused(MEANWHILE);
		const scope = only ? "here" : "all";
		const chosen = () => [...this.canvas.selected, ...this.matrices].join();
		const was = chosen();
		const answer = await this.session.ask("edit", { text, have: this.revision, do: what, scope, dry: false });
		if (this.text !== text) {
			this.revision = null;
			return this.made({ of, ...what }, only, tries - 1);
		}
		const goes = was === chosen(); // nothing else was selected meanwhile
		const before = this.pane.selection;
		const patches = patchUnits(text, answer.patches);
		const made = answer.select ? spanUnits(answer.text, answer.select) : null;
		const after = made && !this.parts.text.contains(focused(this.parts.root)) ? made : carried(patches, before);
		this.undoList.keep(text, patches, answer.title, before, after);
		this.pane.show(answer.text, after);
		this.pane.select(...after);
		this.pane.light(made ? [made] : []);
		this.host.changed(answer.text);
		this.showView(answer.view, answer.text);
		this.last = { name: answer.name, added: answer.added && spanUnits(answer.text, answer.added) };
		if (made && goes) this.selectSpan(made, answer.name);
		else this.inspector?.show(this.chosen.at(-1) ?? null);
		const left = answer.untrained.length ? (await this.later()).training.untrainedWords(answer.untrained) : "";
		const unseen = made && !this.chosen.length && this.options.view === "paper";
		this.say([answer.title, ...answer.notes].join("; ") + left, false, unseen ? ["Show it", "view"] : undefined);
		this.parts.hints.did(what.edit);
	}

	/** What an edit would change, line by line; null where a newer one is asked for.
	 * @param {Do} what @param {boolean} only */
	tried({ of, ...what }, only) {
		return this.session.newest("dry", "edit", {
			text: this.text, have: this.revision, do: what, scope: only ? "here" : "all", dry: true,
		});
	}

	/** @param {unknown} error @param {Next} [next] */
	failed(error, next) {
		if (error instanceof Refused) this.say(failure(error), true, next);
		else if (error instanceof Gone) {
			this.say(error.message, true);
			this.parts.showGone(error.message, () => this.text);
		}
		else if (!(error instanceof DOMException && error.name === "AbortError")) throw error;
	}

	// ---- the text

	/** @param {string} was @param {Patch} patch @param {Span} before @param {string} title */
	typed(was, patch, before, title) {
		this.undoList.keep(was, [patch], title, before, this.pane.selection, true);
		this.pane.light([]);
		this.say("");
		this.sync(); // first: what completes is read of the same text
		nextFrame().then(() => this.completes((completion) => completion.typed()));
		this.parts.hints.did("type");
	}

	/** Another text in place of this one, as one change. @param {string} text @param {string} title */
	replaceText(text, title) {
		const patch = difference(this.text, text);
		if (patch) {
			const after = carried([patch], this.pane.selection);
			this.undoList.keep(this.text, [patch], title, this.pane.selection, after);
			this.pane.show(text, after);
		}
		this.sync();
	}

	undo() {
		this.goTo(this.undoList.undo(this.text), "undo");
	}

	redo() {
		this.goTo(this.undoList.redo(this.text), "redo");
	}

	/** @param {ReturnType<UndoList["undo"]>} found @param {string} word */
	goTo(found, word) {
		if (!found) {
			this.say(`nothing to ${word}`);
			return;
		}
		this.pane.show(found.text, found.selection);
		this.pane.select(...found.selection);
		this.pane.light([]);
		this.say(`${word} ${found.entry.title}`);
		this.sync();
	}

	textSelected() {
		this.undoList.pause();
		if (!this.completion?.isOpen) this.completion?.close();
		const [start, end] = this.pane.selection;
		this.canvas.mark("lit", this.marksAt(start, end).map((f) => f.key));
	}

	/** The fragments whose place in the text holds a selection, the smallest ones.
	 * @param {number} start @param {number} end in UTF-16 units */
	marksAt(start, end) {
		const [from, to] = moved(this.text, this.shownText, [start, end]).map((at) => toPoints(this.shownText, at));
		const around = this.canvas.fragments.filter((f) => f.span && f.span[0] <= from && to <= f.span[1]);
		const least = Math.min(...around.map((f) => /** @type {Span} */ (f.span)[1] - /** @type {Span} */ (f.span)[0]));
		return around.filter((f) => f.span && f.span[1] - f.span[0] === least);
	}

	/** Say what is at a place of the text, under the box that it stands in. @param {number | null} at @param {DOMRect} [box] */
	hoverText(at, box) {
		this.textTip?.over(at, box);
	}

	// ---- the picture

	/** @returns {GestureHearers} */
	hearers() {
		return {
			click: (fragment, more) => this.click(fragment, more),
			open: (fragment) => openMark(this, fragment),
			begin: (dragged) => this.drag.begin(dragged),
			over: (dragged, target, only, at) => this.drag.over(dragged, target, only, at),
			drop: (dragged, target, only, world, at) => this.drag.drop(dragged, target, only, at),
			tear: (line, only, at) => (at ? this.drag.foresee(line && this.drag.tornOff(line), only, at) : this.drag.tear(line, only)),
			band: (found, more) => this.select([...(more ? this.canvas.selected : []), ...found.map((f) => f.key)]),
			end: () => this.drag.givenUp(),
			hover: (fragment) => {
				this.parts.describe(fragment);
				this.hovered = fragment;
				this.paths?.over(fragment);
			},
		};
	}

	/** @param {Fragment | null} fragment @param {boolean} more */
	click(fragment, more) {
		if (!fragment) this.select([]);
		else if (more) {
			const keys = new Set(this.canvas.selected);
			if (!keys.delete(fragment.key)) keys.add(fragment.key);
			this.select(keys);
		} else this.select([fragment.key]);
	}

	/** A place that the session told, in the text as it is now. @param {Span} span */
	here(span) {
		return moved(this.shownText, this.text, spanUnits(this.shownText, span));
	}

	/** Select a place of the text that the session told. @param {Span} span */
	light(span) {
		const [start, end] = this.here(span);
		this.pane.select(start, end);
		this.pane.light([[start, end]]);
	}

	/** Select marks, and their line of the text. @param {Iterable<string>} keys */
	select(keys) {
		if (this.wrong) this.say("");
		this.shelve([]);
		this.canvas.select(keys);
		const last = [...this.canvas.selected].at(-1);
		const fragment = last ? this.canvas.fragment(last) : null;
		if (fragment?.span) this.light(fragment.span);
		else this.pane.light([]);
		this.inspector?.show(fragment);
		this.parts.describe(fragment);
	}

	/** Select the marks made by a span in UTF-16 units, the one of a name last, or the matrix. @param {Span} span @param {string | null} name */
	selectSpan([start, end], name) {
		const found = this.marksAt(start, end).filter((f) => f.layer !== "edges").sort((a, b) => Number(a.name === name) - Number(b.name === name));
		this.canvas.select(found.map((f) => f.key));
		const at = toPoints(this.text, start);
		const matrices = found.length ? [] : this.shelf.filter((row) => row.span[0] <= at && at <= row.span[1]).map((row) => row.name);
		const kept = matrices.filter((name) => this.matrices.includes(name));
		this.shelve(kept.length ? kept : matrices.slice(0, 1));
		this.inspector?.show(this.chosen.at(-1) ?? null);
	}

	get shelf() {
		return this.shownView?.shelf ?? [];
	}

	/** @param {string[]} matrices of the shelf */
	shelve(matrices) {
		this.matrices = matrices;
		this.parts.shelve(matrices);
	}

	/** Select a matrix of the shelf, and its line. @param {string} name @param {boolean} [more] beside those that are */
	selectMatrix(name, more = false) {
		const others = more ? this.matrices.filter((one) => one !== name) : [];
		const row = this.shelf.find((one) => one.name === name);
		this.select([]);
		if (!row) return;
		this.shelve([...others, name]);
		this.light(row.span);
		this.inspector?.show(this.chosen[0]);
	}

	/** The selected marks that stand for something, or the selected matrix. */
	get chosen() {
		const marks = [...this.canvas.selected].flatMap((key) => this.canvas.fragment(key) ?? []);
		return this.matrices.length ? this.matrices.map((name) => this.parts.sample(name, this.canvas)) : marks;
	}

	// ---- commands

	/** Do a command, once what it is about is there; what would change an edit that was refused is not done. @param {string} id */
	async command(id) {
		while (this.making) if ((await this.making) !== null && CHANGES.has(id)) return;
		try {
			const run = /** @type {Record<string, () => unknown>} */ (actions(this))[id];
			if (run) await run();
			else await this.host.command(this, id);
		} catch (error) {
			this.failed(error);
		}
	}

	/** The variables of the selected marks. */
	names() {
		return [...new Set(this.chosen.flatMap((f) => f.name ?? []))];
	}

	nextPane() {
		const panes = [() => this.pane.focus(), () => this.canvas.element.focus(), () => this.parts.focusPanels()];
		const now = focused(this.parts.root);
		const at = now === this.canvas.element ? 1 : this.parts.text.contains(now) ? 0 : 2;
		panes[(at + 1) % 3]();
	}

	/** Make the mend of an error in a text. @param {Refusal} error @param {string} text */
	mend(error, text) {
		this.later().then(({ mending }) => mending.mend(this, error, text)).catch((gone) => this.failed(gone));
	}

	/** @param {string} words @param {boolean} [wrong] @param {Next} [next] */
	say(words, wrong = false, next) {
		this.wrong = wrong;
		this.parts.say(words, wrong, next);
	}
}
