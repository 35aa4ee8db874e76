/** The editor on a page: text and picture of one program, and everything that is done to them.
 * The text is the truth; what is done on the picture comes back from the session as a change of it. */

import { Gone, Refused, Session } from "./api.js";
import { lineBox, picker } from "./box.js";
import { Canvas } from "./canvas.js";
import { commandOf, matching } from "./commands.js";
import { Completion } from "./completion.js";
import { choose, focused } from "./dom.js";
import { gestures } from "./gestures.js";
import { Inspector } from "./inspector.js";
import { Lane } from "./lane.js";
import { layout } from "./layout.js";
import { neighbour } from "./picture.js";
import { patchUnits, spanUnits, toPoints } from "./places.js";
import { Paths } from "./paths.js";
import { Runs } from "./runs.js";
import { Steps } from "./steps.js";
import { textPane } from "./textpane.js";
import { UndoList } from "./undo.js";

export class App {
	/** @param {HTMLElement} root @param {Host} host @param {{name: string, text: string}} program */
	constructor(root, host, { name, text }) {
		this.host = host;
		this.name = name;
		this.session = new Session(host.transport);
		this.lane = new Lane();
		this.undoList = new UndoList();
		this.parts = layout(root, this);
		this.canvas = new Canvas(document, "Picture of the program");
		this.parts.picture.prepend(this.canvas.element);
		this.pane = textPane(document, {
			typed: (was, patch, before) => this.typed(was, patch, before),
			selected: () => this.textSelected(),
			undo: () => this.undo(),
			redo: () => this.redo(),
			slid: () => this.parts.hints.did("slide"),
			complete: (at) => this.completion.ask(at),
			key: (event) => this.completion.key(event),
			hover: (at, box) => this.hoverText(at, box),
		});
		this.parts.text.append(this.pane.element);
		this.completion = new Completion(this);
		this.inspector = new Inspector(this, this.parts.inspector);
		this.runs = new Runs(this);
		this.steps = new Steps(this);
		this.paths = new Paths(this);
		/** @type {string | null} */
		this.revision = null;
		/** @type {View | null} */
		this.shownView = null;
		this.options = { view: "editing", theme: "paper", direction: "LR" };
		/** @type {Accepted | null} */
		this.accepted = null;
		/** What is foreseen of a drag, and where its pointer is. */
		this.foreseen = "";
		/** @type {Point} */
		this.pointer = [0, 0];
		/** What the last edit was about, and the place of what it connected. @type {{name?: string | null, added?: Span | null}} */
		this.last = {};
		/** Whether the text as it is could not be read in time. */
		this.unread = false;
		/** The selected matrix of the shelf. @type {string | null} */
		this.matrix = null;
		this.canvas.moved = () => this.parts.showAll.toggleAttribute("hidden", this.canvas.isSeen);
		new ResizeObserver(() => this.canvas.moved?.()).observe(this.canvas.element);
		this.gestures = gestures(this.canvas, this.hearers());
		this.listen(root);
		Object.assign(root, { tpgraph: this }); // for who looks at a page from outside, as tests do
		this.pane.show(text, [0, 0]);
		this.opened = this.open();
	}

	get text() {
		return this.pane.text;
	}

	// ---- the session

	/** Ask for the picture of the text from scratch. */
	async open() {
		await this.lane.run(async () => {
			const text = this.text;
			const { view } = await this.session.ask("open", { text, name: this.name, options: this.options });
			this.showView(view, text);
			this.canvas.fit();
		}).catch((error) => this.failed(error));
	}

	/** Ask for the picture of the text as it is now. */
	sync() {
		this.host.changed(this.text);
		return this.lane.newest("sync", async () => {
			const text = this.text;
			const { view } = await this.session.ask("sync", { text, have: this.revision });
			this.showView(view, text);
			if (this.unread) this.say("");
			this.unread = false;
			this.inspector.show(this.chosen.at(-1) ?? null);
		}).catch((error) => {
			this.unread = error instanceof Refused;
			if (this.unread) this.parts.showErrors([], []); // they were of another text
			this.failed(error);
		});
	}

	/** @param {View} view @param {string} text the one that it is of @param {boolean} [animated] */
	showView(view, text, animated = false) {
		this.revision = view.revision;
		this.shownView = view;
		this.steps.left();
		this.paths.left();
		if (view.picture) this.canvas.show(view.picture, animated);
		this.canvas.setSpans(view.spans);
		this.canvas.mark("faded", view.faded);
		if (text === this.text) {
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
		this.canvas.select(this.canvas.selected);
	}

	/** Make an edit; returns the reason it is refused, or null.
	 * @param {Do} what @param {boolean} [only] only here, where the mark is one of a loop */
	async edit(what, only = false) {
		try {
			await this.lane.run(() => this.made(what, only, 2));
			return null;
		} catch (error) {
			if (!(error instanceof Refused)) this.failed(error);
			else this.say(refusalText(error.refusal), true);
			return error instanceof Refused ? refusalText(error.refusal) : String(error);
		}
	}

	/** @param {Do} what @param {boolean} only @param {number} tries @returns {Promise<void>} */
	async made(what, only, tries) {
		const text = this.text;
		const scope = only ? "here" : "all";
		const chosen = [...this.canvas.selected, this.matrix].join();
		const answer = await this.session.ask("edit", { text, have: this.revision, do: what, scope, dry: false });
		if (this.text !== text) {
			this.revision = null;
			if (tries > 0) return this.made(what, only, tries - 1);
			throw new Refused({ message: "the text changed meanwhile", mend: "do it again" });
		}
		const before = this.pane.selection;
		const after = answer.select ? spanUnits(answer.text, answer.select) : before;
		this.undoList.keep(text, patchUnits(text, answer.patches), answer.title, before, after);
		this.pane.show(answer.text, after);
		this.pane.select(...after);
		this.pane.light(answer.select ? [after] : []);
		this.host.changed(answer.text);
		this.showView(answer.view, answer.text);
		this.last = { name: answer.name, added: answer.added && spanUnits(answer.text, answer.added) };
		if (answer.select && chosen === [...this.canvas.selected, this.matrix].join()) this.selectSpan(after);
		else this.inspector.show(this.chosen.at(-1) ?? null);
		this.say(answer.title);
		this.parts.hints.did(what.edit);
	}

	/** What an edit would change, line by line; null where a newer one is asked for.
	 * @param {Do} what @param {boolean} only */
	tried(what, only) {
		return this.session.newest("dry", "edit", {
			text: this.text, have: this.revision, do: what, scope: only ? "here" : "all", dry: true,
		});
	}

	/** @param {unknown} error */
	failed(error) {
		if (error instanceof Refused) this.say(refusalText(error.refusal), true);
		else if (error instanceof Gone) this.parts.showGone(error.message, () => this.text);
		else if (!(error instanceof DOMException && error.name === "AbortError")) throw error;
	}

	// ---- the text

	/** @param {string} was @param {Patch} patch @param {Span} before */
	typed(was, patch, before) {
		this.undoList.keep(was, [patch], "typing", before, this.pane.selection, true);
		this.pane.light([]);
		this.completion.typed();
		this.parts.hints.did("type");
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
		const [start, end] = this.pane.selection;
		this.canvas.mark("lit", this.marksAt(start, end).map((f) => f.key));
	}

	/** The fragments whose place in the text holds a selection, the smallest ones.
	 * @param {number} start @param {number} end in UTF-16 units */
	marksAt(start, end) {
		const text = this.text;
		const [from, to] = [toPoints(text, start), toPoints(text, end)];
		const around = this.canvas.fragments.filter((f) => f.span && f.span[0] <= from && to <= f.span[1]);
		const least = Math.min(...around.map((f) => /** @type {Span} */ (f.span)[1] - /** @type {Span} */ (f.span)[0]));
		return around.filter((f) => f.span && f.span[1] - f.span[0] === least);
	}

	/** @param {number | null} at @param {DOMRect} box */
	hoverText(at, box) {
		if (at === null) {
			this.session.cancel("hover");
			this.parts.tip.hide();
			return;
		}
		const error = [...(this.shownView?.errors ?? []), ...(this.shownView?.warnings ?? [])].find((e) =>
			e.start !== null && e.start !== undefined && toPoints(this.text, at) >= e.start && toPoints(this.text, at) <= Number(e.end));
		if (error) {
			this.parts.tip.show(refusalText(error), box.left + 40, box.bottom - 40);
			return;
		}
		this.session.newest("hover", "hover", { text: this.text, at: toPoints(this.text, at) })
			.then((found) => {
				if (!found?.title) this.parts.tip.hide();
				else this.parts.tip.show([found.title, found.type, found.limit && `limit: ${found.limit}`].filter(Boolean).join(" · "), box.left + 40, box.bottom - 40);
			})
			.catch(() => this.parts.tip.hide());
	}

	// ---- the picture

	/** @returns {GestureHearers} */
	hearers() {
		return {
			click: (fragment, more) => this.click(fragment, more),
			open: (fragment) => this.openMark(fragment),
			begin: (dragged) => this.beginDrag(dragged),
			over: (dragged, target, only, at) => this.overTarget(dragged, target, only, at),
			drop: (dragged, target, only, world, at) => this.drop(dragged, target, only, at),
			tear: (line, only, at) => (at ? this.foresee(line && this.tornOff(line), only, at) : this.tear(line, only)),
			band: (found, more) => this.select([...(more ? this.canvas.selected : []), ...found.map((f) => f.key)]),
			end: () => this.endDrag(),
			hover: (fragment) => this.parts.describe(fragment),
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

	/** Select marks, and their line of the text. @param {Iterable<string>} keys */
	select(keys) {
		this.shelve(null);
		this.canvas.select(keys);
		const last = [...this.canvas.selected].at(-1);
		const fragment = last ? this.canvas.fragment(last) : null;
		if (fragment?.span) {
			const [start, end] = spanUnits(this.text, fragment.span);
			this.pane.select(start, end);
			this.pane.light([[start, end]]);
		} else this.pane.light([]);
		this.inspector.show(fragment);
		this.parts.describe(fragment);
	}

	/** Select the marks made by a span of the text, or the matrix. @param {Span} span in UTF-16 units */
	selectSpan([start, end]) {
		const found = this.marksAt(start, end).filter((f) => f.layer !== "edges");
		this.canvas.select(found.map((f) => f.key));
		const at = toPoints(this.text, start);
		const matrices = found.length ? [] : this.shelf.filter((row) => row.span[0] <= at && at <= row.span[1]).map((row) => row.name);
		this.shelve(matrices.find((name) => name === this.matrix) ?? matrices[0] ?? null);
		this.inspector.show(this.chosen[0] ?? null);
	}

	get shelf() {
		return this.shownView?.shelf ?? [];
	}

	/** @param {string | null} matrix the one of the shelf that is selected */
	shelve(matrix) {
		this.matrix = matrix;
		this.parts.shelve(matrix);
	}

	/** Select a matrix of the shelf, and its line. @param {string} name */
	selectMatrix(name) {
		this.select([]);
		this.shelve(name);
		const [start, end] = spanUnits(this.text, this.shelf.find((row) => row.name === name)?.span ?? [0, 0]);
		this.pane.select(start, end);
		this.pane.light([[start, end]]);
		this.inspector.show(this.chosen[0]);
	}

	/** The selected marks that stand for something, or the selected matrix. */
	get chosen() {
		const marks = [...this.canvas.selected].flatMap((key) => this.canvas.fragment(key) ?? []);
		return this.matrix === null ? marks : [this.parts.sample(this.matrix, this.canvas)];
	}

	/** @param {Dragged} dragged */
	beginDrag({ fragment, matrix }) {
		const mark = fragment ? fragment.key : null;
		this.accepting = this.session.newest("accept", "accept", { text: this.text, mark, matrix }).then((found) => {
			if (!found || !this.gestures.dragging) return found;
			this.accepted = found;
			this.canvas.mark("accepts", Object.keys(found.targets));
			this.canvas.mark("refuses", Object.keys(found.refuses));
			this.canvas.element.classList.add("dragging");
			this.gestures.tell();
			return found;
		}).catch((error) => this.failed(error));
	}

	/** @param {Dragged} dragged @param {Fragment | null} target
	 * @param {boolean} only @param {Point} at */
	overTarget({ fragment }, target, only, at) {
		if (!this.accepted) return;
		const found = target ? this.accepted.targets[target.key] : null;
		const reason = target ? this.accepted.refuses[target.key] : null;
		const product = !target && fragment?.name && this.shelf.length === 0;
		const says = found ? found.says + (only ? ", only here" : "") : reason ?? "drop on what is lit, or into the empty to multiply";
		this.foresee(found ? found.do : product ? { edit: "multiply", vector: fragment.name } : null, only, at, says, Boolean(reason));
	}

	/** Show what an edit would write and draw, before the button is released.
	 * @param {Do | null} what @param {boolean} only @param {Point} at @param {string} [says] @param {boolean} [wrong] */
	async foresee(what, only, at, says = "", wrong = false) {
		this.pointer = at;
		const wanted = JSON.stringify([what, only, says]);
		if (wanted === this.foreseen) return this.parts.preview.move(at);
		this.foreseen = wanted;
		this.say(says, wrong);
		this.parts.preview.hide();
		this.canvas.draft([]);
		if (!what) return this.session.cancel("dry");
		try {
			const dry = await this.tried(what, only);
			if (!dry || this.foreseen !== wanted) return;
			this.parts.preview.show(dry, only, this.pointer);
			this.canvas.draft(dry.appearing);
		} catch (error) {
			if (error instanceof Refused && this.foreseen === wanted) this.say(refusalText(error.refusal), true);
		}
	}

	/** @param {Dragged} dragged @param {Fragment | null} target
	 * @param {boolean} only @param {Point} at */
	async drop({ fragment, matrix }, target, only, at) {
		const accepted = this.accepted ?? await this.accepting;
		this.endDrag();
		const found = target && accepted?.targets[target.key];
		if (found) await this.editAndOpen(found.do, only);
		else if (target) this.say(accepted?.refuses[target.key] ?? "nothing is joined there", true);
		else if (fragment?.name && fragment.layer === "variables") await this.multiply(fragment.name, at);
		else if (matrix) this.say(`drop ${matrix} on the vector that it multiplies`, true);
	}

	/** Make an edit; what it connects is selected in the formula's box, so that typing replaces it.
	 * @param {Do} what @param {boolean} only */
	async editAndOpen(what, only) {
		const refused = await this.edit(what, only);
		if (refused === null && what.edit === "connect") this.openSelected();
	}

	endDrag() {
		this.accepted = null;
		this.foreseen = "";
		this.session.cancel("dry");
		this.session.cancel("accept");
		this.canvas.mark("accepts", []);
		this.canvas.mark("refuses", []);
		this.canvas.draft([]);
		this.canvas.element.classList.remove("dragging");
		this.parts.preview.hide();
	}

	/** h = W x, by a matrix of the shelf or a new one.
	 * @param {string} vector @param {Point} [at] */
	async multiply(vector, at = this.middle()) {
		const { shelf } = this;
		const items = [{ id: "", title: "a new matrix", detail: "n × n ~ N(0, 1)" }];
		for (const { name, shape, distribution } of shelf) {
			items.push({ id: name, title: name, detail: `${shape} ~ ${distribution}` });
			items.push({ id: `${name}'`, title: `${name}ᵀ`, detail: "its transpose" });
		}
		const id = shelf.length === 0 ? "" : await picker(this.parts.overlay(at), (words) => items.filter((i) => i.title.includes(words.trim())), `multiply ${vector} by`);
		this.backToCanvas();
		if (id === null) return;
		const transpose = id.endsWith("'");
		const matrix = transpose ? id.slice(0, -1) : id;
		await this.edit({ edit: "multiply", vector, transpose, ...(matrix ? { matrix } : {}) });
	}

	/** The edit that takes a line away; null where it is what makes its vector. @param {Fragment} line @returns {Do | null} */
	tornOff(line) {
		const gate = this.canvas.fragment(`gates/${line.target}`)?.name;
		return gate && typeof line.argument === "number" ? { edit: "disconnect", gate, argument: line.argument } : null;
	}

	/** @param {Fragment | null} line @param {boolean} [only] */
	tear(line, only) {
		this.endDrag();
		const what = line && this.tornOff(line);
		if (what) return this.edit(what, only);
		this.say("this line is what makes its vector: delete the vector", true);
	}

	/** Open what a mark says: a gate's formula, the name of a vector or a matrix; the empty gets a vector.
	 * @param {Fragment | null} fragment */
	async openMark(fragment) {
		if (!fragment) await this.edit({ edit: "declare", kind: "vector" });
		else if (fragment.layer === "gates") await this.formula(fragment);
		else if (fragment.layer !== "edges") await this.rename(fragment);
		else if (fragment.matrix) {
			this.selectMatrix(fragment.matrix);
			await this.rename(this.chosen[0]);
		}
	}

	/** Open the box of what an edit has selected in the text. */
	openSelected() {
		const gate = this.chosen.find((f) => f.layer === "gates");
		const [start] = this.pane.selection;
		const added = this.last.added;
		if (gate) return this.formula(gate, added ? [added[0] - start, added[1] - start] : null);
	}

	/** @param {Fragment} gate @param {Span | null} [selection] */
	async formula(gate, selection = null) {
		if (!gate.name || !gate.span) return;
		const words = this.canvas.marks.flatMap((f) => (f.layer === "variables" && f.name && !f.name.includes("~") ? [f.name] : []));
		await this.ask(`${gate.name} =`, this.text.slice(...spanUnits(this.text, gate.span)), gate, (formula, only) => this.edit({ edit: "formula", name: gate.name, formula }, only), selection, words);
	}

	/** @param {Fragment} mark */
	async rename(mark) {
		const { name } = mark;
		if (name) await this.ask("name", name, mark, (to, only) => (to === name ? Promise.resolve(null) : this.edit({ edit: "rename", name, to }, only)));
	}

	/** A line that is written beside a mark. @param {string} label @param {string} value @param {Fragment} mark
	 * @param {(words: string, only: boolean) => Promise<string | null>} accept @param {Span | null} [selection] @param {string[]} [words] */
	async ask(label, value, mark, accept, selection, words) {
		const { k, x, y } = this.canvas.view;
		await lineBox(this.parts.picture, { label, value, x: k * mark.x + x - 40, y: k * mark.y + y + 16, selection, words, many: mark.name?.includes("["), accept });
		this.backToCanvas();
	}

	/** The focus of a box that has closed goes back to the picture, unless it has gone elsewhere. */
	backToCanvas() {
		if (!this.parts.root.contains(focused(this.parts.root))) this.canvas.element.focus();
	}

	/** @returns {Point} */
	middle() {
		const { width, height, left, top } = this.canvas.size;
		return [left + width / 2, top + height / 3];
	}

	// ---- commands

	/** @param {HTMLElement} root */
	listen(root) {
		root.addEventListener("keydown", (event) => {
			const onCanvas = focused(root) === this.canvas.element;
			if (onCanvas && this.canvasKey(event)) return;
			const command = commandOf(event, onCanvas);
			if (!command) return;
			event.preventDefault();
			event.stopPropagation();
			this.command(command.id);
		});
	}

	/** Arrow keys, Tab and Escape on the picture. @param {KeyboardEvent} event */
	canvasKey(event) {
		if (this.steps.key(event)) return true;
		const last = [...this.canvas.selected].at(-1) ?? this.canvas.marks[0]?.key;
		if (event.key.startsWith("Arrow") && last && !event.ctrlKey && !event.metaKey && !event.altKey) {
			event.preventDefault();
			const next = this.canvas.selected.size ? neighbour(this.canvas.fragments, last, event.key) : last;
			if (next) this.select(event.shiftKey ? [...this.canvas.selected, next] : [next]);
			return true;
		}
		if (event.key === "Escape" && (this.gestures.dragging || this.chosen.length > 0)) {
			this.gestures.cancel();
			this.select([]);
			event.preventDefault();
			return true;
		}
		if (event.key === "Tab" && !event.ctrlKey) return this.nextUnnamed(event);
		return false;
	}

	/** From one unnamed vector to the next. @param {KeyboardEvent} event */
	nextUnnamed(event) {
		const unnamed = this.canvas.marks.filter((f) => f.layer === "variables" && f.name?.includes("~"));
		const at = unnamed.findIndex((f) => this.canvas.selected.has(f.key));
		const next = unnamed[at + (event.shiftKey ? -1 : 1)];
		if (!next) return false;
		event.preventDefault();
		this.select([next.key]);
		return true;
	}

	/** @param {string} id */
	async command(id) {
		try {
			const run = /** @type {Record<string, () => unknown>} */ (this.actions())[id];
			if (run) await run();
			else await this.host.command(this, id);
		} catch (error) {
			this.failed(error);
		}
	}

	/** What commands do, by their ids. */
	actions() {
		const { canvas } = this;
		return {
			declare: () => this.edit({ edit: "declare", kind: "vector" }),
			...Object.fromEntries(["data", "target", "matrix", "scalar"].map((kind) => [`declare-${kind}`, () => this.edit({ edit: "declare", kind })])),
			...Object.fromEntries(["dim", "const", "fn"].map((kind) => [`declare-${kind}`, () => this.define(kind)])),
			multiply: () => this.withOne((f) => this.multiply(String(f.name))),
			gate: () => this.withVectors((vectors) => this.edit({ edit: "gate", vectors }).then((no) => (no === null ? this.openSelected() : undefined))),
			bargate: () => this.withVectors((vectors) => this.edit({ edit: "bargate", vectors })),
			connect: () => this.withOne((f) => this.chooseTarget(f, (target) => target.do.edit === "connect")),
			replace: () => this.withOne((f) => this.chooseTarget(f, (target) => target.do.edit === "replace")),
			disconnect: () => this.withOne((f) => this.disconnect(f), true),
			move: () => this.withOne((f) => this.move(f)),
			edit: () => this.withOne((f) => this.openMark(f), true),
			rename: () => this.withOne((f) => this.rename(f)),
			name: () => this.withOne((f) => this.edit({ edit: String(f.name).includes("~") ? "name" : "unname", name: f.name })),
			delete: () => this.remove(),
			repeat: () => this.edit({ edit: "repeat", names: this.names() }),
			"write-out": () => this.withOne((f) => this.edit({ edit: "write_out", name: f.name })),
			output: () => this.withOne((f) => this.edit({ edit: "set", name: f.name, field: "output", value: "toggle" })),
			inspector: () => this.inspector.toggle(),
			copy: () => this.copy(),
			cut: () => this.copy().then(() => this.remove()),
			paste: () => this.paste(),
			duplicate: () => this.edit({ edit: "duplicate", names: this.names() }),
			"select-all": () => this.select(canvas.marks.map((f) => f.key)),
			undo: () => this.undo(),
			redo: () => this.redo(),
			paths: () => this.paths.show(),
			find: () => this.find(),
			tidy: () => this.tidy(),
			view: () => this.toggleView(),
			"show-all": () => canvas.fit(),
			"zoom-in": () => canvas.zoom(1.25),
			"zoom-out": () => canvas.zoom(0.8),
			"full-screen": () => (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen()),
			run: () => this.runs.run(),
			histograms: () => this.runs.toggle(),
			cancel: () => (this.session.running.has("run") ? this.runs : this.steps).cancel(),
			step: () => this.steps.go(1),
			"step-back": () => this.steps.go(-1),
			"pass-forward": () => this.steps.show("forward"),
			"pass-backward": () => this.steps.show("backward"),
			"pass-sgd": () => this.steps.show("sgd"),
			"pass-ntk": () => this.steps.show("ntk"),
			"pass-reduced": () => this.steps.show("reduced"),
			present: () => this.steps.present(),
			dark: () => this.parts.root.classList.toggle("dark"),
			palette: () => this.palette(),
			keys: () => this.parts.root.classList.toggle("show-keys"),
			"to-text": () => this.pane.focus(),
			"next-pane": () => this.nextPane(),
		};
	}

	/** @param {(mark: Fragment) => unknown} act @param {boolean} [lines] whether it is also for lines */
	withOne(act, lines = false) {
		const mark = this.chosen.at(-1);
		if (!mark || (mark.name === null && !lines)) return this.say("select a mark first: click it, or go there by arrow keys", true);
		return act(mark);
	}

	/** @param {(vectors: string[]) => unknown} act */
	withVectors(act) {
		const vectors = this.chosen.flatMap((f) => (f.layer === "variables" && f.name ? [f.name] : []));
		if (vectors.length === 0) return this.say("select the vectors that it takes", true);
		return act(vectors);
	}

	/** The variables of the selected marks. */
	names() {
		return [...new Set(this.chosen.flatMap((f) => f.name ?? []))];
	}

	/** Letters at everything that accepts a mark; the one that is typed is taken.
	 * @param {Fragment} fragment @param {(target: {do: Do, says: string}) => boolean} fits */
	async chooseTarget(fragment, fits) {
		const chosen = await this.pick(this.session.ask("accept", { text: this.text, mark: fragment.key, matrix: null }).then((/** @type {Accepted} */ found) => {
			const targets = Object.entries(found.targets).filter(([, t]) => fits(t));
			if (targets.length === 0) this.say(Object.values(found.refuses)[0] ?? "nothing takes it", true);
			return targets;
		}));
		if (chosen) await this.editAndOpen(chosen.target.do, chosen.only);
	}

	/** One of some marks and lines: by the letters shown at it, the last one a capital for "only here", or by a click.
	 * What is typed before they are known counts. @template T @param {Promise<[string, T][]>} asked
	 * @returns {Promise<{target: T, only: boolean} | null>} */
	pick(asked) {
		const { canvas } = this;
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
				if (targets.length) this.say("");
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
				codes = letterCodes(found.length);
				tags = this.parts.letters(found.map(([key], i) => ({ at: canvas.handle(key), letter: letterCodes(found.length)[i] })));
				canvas.mark("accepts", found.map(([key]) => key));
				this.say("type the letters of what takes it, the last one with Shift for only here; or click it");
				early.forEach(([letter, only]) => take(letter, only));
			}).catch((error) => {
				end(-1, false);
				reject(error);
			});
		});
	}

	/** A size, a number or a function, which no mark stands for: the inspector shows it. @param {string} kind */
	async define(kind) {
		if ((await this.edit({ edit: "declare", kind })) !== null) return;
		this.select([]);
		await this.inspector.open(this.last.name);
	}

	/** Draw a line off that is selected, or one of a gate's. @param {Fragment} mark */
	async disconnect(mark) {
		if (mark.layer === "edges") return this.tear(mark);
		const lines = this.canvas.fragments.filter((f) => f.layer === "edges" && f.target === `${mark.name}:gate` && typeof f.argument === "number");
		if (lines.length === 0) return this.say(`${mark.name} has no lines that can be drawn off`, true);
		const chosen = await this.pick(Promise.resolve(lines.map((f) => [f.key, f])));
		if (chosen) await this.tear(chosen.target, chosen.only);
	}

	/** The statement of a mark behind that of another. @param {Fragment} mark */
	async move(mark) {
		const items = this.canvas.marks.filter((f) => f.layer === "variables" && !f.name?.includes("~"))
			.concat(this.shelf.map(({ name }) => this.parts.sample(name, this.canvas)))
			.map((f) => ({ id: String(f.name), title: `behind ${f.name}`, detail: f.title }));
		items.unshift({ id: "", title: "before all equations", detail: "" });
		const after = await picker(this.parts.overlay(this.middle()), (words) => items.filter((i) => i.title.includes(words)), `move ${mark.name}`);
		this.backToCanvas();
		if (after !== null) await this.edit({ edit: "move", names: this.names(), ...(after ? { after } : {}) });
	}

	async remove() {
		const names = this.names();
		if (names.length === 0) {
			for (const { key } of this.chosen) await this.tear(this.canvas.fragment(key));
			return;
		}
		const dry = await this.session.ask("edit", { text: this.text, have: this.revision, do: { edit: "delete", names }, scope: "all", dry: true });
		const dependants = /** @type {string[]} */ (dry.dependants ?? []);
		if (dependants.length > 0) {
			const sure = await choose(`Delete ${names.join(", ")}?`, `What is made of it goes too: ${dependants.join(", ")}.`, [["Delete all", true], ["Keep", false]], this.parts.root);
			if (!sure) return;
		}
		await this.edit({ edit: "delete", names });
	}

	async copy() {
		const names = this.names();
		if (names.length === 0) return;
		const { clip } = await this.session.ask("copy", { text: this.text, names });
		this.clip = clip;
		await navigator.clipboard?.writeText(clip).catch(() => undefined);
		this.say(`copied ${names.join(", ")}`);
	}

	async paste() {
		const clip = (await navigator.clipboard?.readText?.().catch(() => "")) || this.clip;
		if (clip) await this.edit({ edit: "paste", clip });
		else this.say("nothing was copied", true);
	}

	async find() {
		const items = this.canvas.marks.filter((f) => f.name).map((f) => ({ id: f.key, title: String(f.name), detail: f.title }));
		items.push(...this.shelf.map(({ name, shape }) => ({ id: name, title: name, detail: `matrix, ${shape}` })));
		const key = await picker(this.parts.overlay(this.middle()), (words) => [
			...items.filter((i) => i.title === words), ...items.filter((i) => i.title !== words && (i.title + i.detail).toLowerCase().includes(words.toLowerCase()))].slice(0, 50), "find a mark");
		this.backToCanvas();
		if (!key) return;
		const mark = this.canvas.fragment(key);
		if (!mark) return this.selectMatrix(key);
		this.select([key]);
		const { width, height } = this.canvas.size;
		this.canvas.pan(width / 2 - (this.canvas.view.k * mark.x + this.canvas.view.x), height / 2 - (this.canvas.view.k * mark.y + this.canvas.view.y));
	}

	async palette() {
		const id = await picker(this.parts.overlay(this.middle()), (words) => matching(words).map((c) => ({ id: c.id, title: c.title, detail: c.hint ?? c.group, key: c.key })), "all commands");
		this.backToCanvas();
		if (id) await this.command(id);
	}

	async tidy() {
		await this.lane.run(async () => {
			const text = this.text;
			const { view } = await this.session.ask("tidy", { text });
			this.showView(view, text, !matchMedia("(prefers-reduced-motion: reduce)").matches);
		});
		this.say("laid out from scratch");
	}

	async toggleView() {
		this.options.view = this.options.view === "editing" ? "paper" : "editing";
		await this.lane.run(async () => {
			const text = this.text;
			const { view } = await this.session.ask("sync", { text, have: this.revision, options: this.options });
			this.showView(view, text);
		});
		this.say(`${this.options.view} view`);
	}

	nextPane() {
		const panes = [() => this.pane.focus(), () => this.canvas.element.focus(), () => this.parts.focusPanels()];
		const now = focused(this.parts.root);
		const at = now === this.canvas.element ? 1 : this.parts.text.contains(now) ? 0 : 2;
		panes[(at + 1) % 3]();
	}

	/** A mend of an error, by its number. @param {Refusal} error @param {number} choice */
	mend(error, choice) {
		const found = error.edits?.[choice];
		if (!found) return;
		const text = this.text;
		const patches = patchUnits(text, [[found.start, found.end, found.text]]);
		const before = this.pane.selection;
		this.undoList.keep(text, patches, "mend", before, before);
		const [start, end, words] = patches[0];
		this.pane.show(text.slice(0, start) + words + text.slice(end), [start + words.length, start + words.length]);
		this.sync();
	}

	/** @param {string} words @param {boolean} [wrong] */
	say(words, wrong = false) {
		this.parts.say(words, wrong);
	}
}

/** An error in a sentence. @param {Refusal} refusal */
export function refusalText({ message, expected, mend }) {
	return [message, expected && `expected: ${expected}`, mend && `mend: ${mend}`].filter(Boolean).join(" — ");
}

/** Letters for some marks, of one length. @param {number} count */
export function letterCodes(count) {
	const letters = Array.from("abcdefghijklmnopqrstuvwxyz");
	const codes = count > letters.length ? letters.flatMap((a) => letters.map((b) => a + b)) : letters;
	return codes.slice(0, count);
}
