/** The editor served by `tpgraph edit`: cards to begin with, files, journal, conflicts. */

import { Gone, overHttp, Refused, refusalText, Session } from "./api.js";
import { App } from "./app.js";
import { dialog, choose, h } from "./dom.js";
import { Lane } from "./lane.js";

const transport = overHttp();
const session = new Session(transport);

/** The file of the page, and what of it is on disk. */
class Files {
	/** @param {Opened} opened @param {string | null} saved what is on disk of it */
	constructor(opened, saved) {
		this.opened = opened;
		this.saved = saved;
		this.journalled = opened.text;
		this.lane = new Lane();
		/** @type {ReturnType<typeof setTimeout> | null} */
		this.timer = null;
	}

	/** Keep a text in the recovery journal, on disk within a second. @param {string} text */
	keep(text) {
		document.title = `${text === this.saved ? "" : "• "}${this.opened.name} – tpgraph`;
		this.next = text;
		this.timer ??= setTimeout(() => this.write(), 400);
	}

	/** One text after the other: a slow answer is not overtaken by the next. */
	write() {
		this.timer = null;
		return this.lane.newest("journal", async () => {
			const text = this.next ?? "";
			if (text === this.journalled) return;
			const { name, path } = this.opened;
			await session.ask("journal", { text, name, path, clean: text === this.saved }).then(() => (this.journalled = text), () => undefined);
		});
	}

	/** @param {App} app */
	async save(app) {
		const text = app.text;
		let path = this.opened.path;
		if (path === null) {
			path = await askPath(`${this.opened.name}.tp`);
			if (path === null) return;
		}
		try {
			const found = await session.ask("save", { path, text, name: this.opened.name, known: this.opened.digest });
			if (found.conflict) return this.conflict(app, path, found);
			this.opened = { ...this.opened, path: found.path, digest: found.digest };
			this.saved = text;
			this.keep(app.text);
			app.say(`saved ${found.path}`);
		} catch (error) {
			if (error instanceof Refused) app.say(refusalText(error.refusal), true);
			else app.failed(error);
		}
	}

	/** The file has changed on disk and here. @param {App} app @param {string} path
	 * @param {{text: string, digest: string, diff: string}} found */
	async conflict(app, path, found) {
		const chosen = await dialog(`${path} has changed on disk`, (close) => {
			const diff = h("pre.diff", { tabindex: 0 });
			diff.textContent = found.diff;
			return [
				h("p", {}, "It was changed here too. Nothing has been written."), diff,
				h("div.buttons", {},
					h("button", { click: () => close("mine") }, "Write mine"),
					h("button", { click: () => close("theirs") }, "Take theirs"),
					h("button.primary", { click: () => close("both") }, "Keep both")),
			];
		}, { wide: true });
		if (chosen === null) return;
		if (chosen === "mine") {
			this.opened.digest = found.digest;
			await this.save(app);
		} else if (chosen === "theirs") {
			this.opened.digest = found.digest;
			this.saved = found.text;
			replaceText(app, found.text, "take the text on disk");
		} else {
			this.opened = { ...this.opened, path: path.replace(/(\.[^.]*)?$/, ".mine$1"), digest: null };
			await this.save(app);
		}
	}

	/** The file on disk, looked at when the page is returned to: clean here means reload.
	 * @param {App} app */
	async look(app) {
		if (this.opened.path === null) return;
		const found = await session.ask("look", { path: this.opened.path, known: this.opened.digest }).catch(() => null);
		if (!found?.changed) return;
		if (app.text === this.saved) {
			this.opened.digest = found.digest;
			this.saved = found.text;
			replaceText(app, found.text, "reload from disk");
			app.say("reloaded: the file has changed on disk");
		} else app.say("the file has changed on disk, and here too: saving will ask", true);
	}
}

/** @param {App} app @param {string} text @param {string} title */
function replaceText(app, text, title) {
	const before = app.text;
	app.undoList.keep(before, [[0, before.length, text]], title, app.pane.selection, [0, 0]);
	app.pane.show(text, [0, 0]);
	app.sync();
}

/** @param {string} name @returns {Promise<string | null>} */
function askPath(name) {
	return dialog("Save as", (close) => {
		const input = h("input", { value: name, "aria-label": "File name" });
		const form = h("form", { submit: (/** @type {Event} */ e) => { e.preventDefault(); close(input.value); } }, input,
			h("p.detail", {}, "below the folder that the editor was started in"),
			h("div.buttons", {}, h("button.primary", { type: "submit" }, "Save")));
		return [form];
	});
}

/** Cards to begin with: empty, open and the files of the folder at once, then the gallery.
 * @returns {Promise<Opened>} */
function cards() {
	return new Promise((resolve) => {
		/** @param {Opened} opened */
		const open = (opened) => {
			page.remove();
			resolve(opened);
		};
		/** @param {string} name @param {string} text */
		const fresh = (name, text) => () => open({ name, text, path: null, digest: null });
		const list = h("div.card-list", {},
			card("○ ⇢ ●", "Empty", "a width and nothing else", fresh("program", EMPTY)),
			card("…", "Open", "a .tp, or a picture that carries its program", () => pick(open)));
		const waits = h("p.detail", { role: "status" }, "the gallery is being drawn…");
		const page = h("main.tpgraph.cards", {}, h("h1", {}, "tpgraph"),
			h("p", {}, "Draw a Tensor Program, run it, take it to infinite width."), list, waits);
		document.body.append(page);
		session.ask("files").then(({ files }) => list.prepend(...files.map((/** @type {string} */ path) =>
			card("▤", path, "in this folder", async () => open(await session.ask("file", { path }))))));
		session.ask("gallery").then(({ cards: found }) => {
			waits.remove();
			for (const { name, title, text, svg } of found) {
				const picture = h("img", { src: `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`, alt: "" });
				list.append(card(picture, name, title, fresh(name, text)));
			}
		}).catch((error) => (waits.textContent = error instanceof Refused ? refusalText(error.refusal) : error.message));
	});
}

/** @param {string | Node} picture @param {string} title @param {string} words @param {() => unknown} click */
function card(picture, title, words, click) {
	const sign = typeof picture === "string" ? ".empty" : "";
	return h("button.card", { click }, h(`div.card-picture${sign}`, {}, picture), h("strong", {}, title), h("span", {}, words));
}

const EMPTY = "program mine\nwidth n\n";

/** @param {(opened: Opened) => void} open */
function pick(open) {
	const input = h("input", { type: "file", accept: ".tp,.json,.svg,.pdf,.tex,.html" });
	input.addEventListener("change", async () => {
		const file = input.files?.[0];
		if (!file) return;
		const raw = new Uint8Array(await file.arrayBuffer());
		let words = "";
		for (const byte of raw) words += String.fromCharCode(byte);
		try {
			open(await session.ask("read", { name: file.name, base64: btoa(words) }));
		} catch (error) {
			if (error instanceof Refused) await choose(file.name, refusalText(error.refusal), [["Close", null]]);
			else throw error;
		}
	});
	input.click();
}

/** @param {Opened} opened @param {string | null} [saved] what is on disk of it */
function start(opened, saved = opened.text) {
	const files = new Files(opened, saved);
	const root = h("div");
	document.body.append(root);
	const app = new App(root, {
		transport,
		changed: (text) => files.keep(text),
		async command(from, id) {
			if (id === "save") await files.save(from);
			else if (id === "export") await (await import("./exports.js")).exportDialog(from);
			else if (id === "open") {
				if (from.text !== files.saved && !(await choose("Open another", "What was changed here is not saved; it stays in the recovery journal.", [["Stay", false], ["Open", true]]))) return true;
				await files.write();
				root.remove();
				start(await cards());
			} else return false;
			return true;
		},
	}, opened);
	window.addEventListener("focus", () => files.look(app));
	window.addEventListener("beforeunload", (event) => {
		files.write();
		if (app.text !== files.saved) event.preventDefault();
	});
	files.keep(opened.text);
	Object.assign(window, { tpgraph: app });
	app.pane.focus();
}

/** Whether to go on with a text that was never saved. @param {Recovered} recovered */
async function goOn(recovered) {
	const wanted = await choose("Unsaved work was found", `${recovered.path ?? recovered.name}, of ${recovered.time}.`,
		[["Go on with it", true], ["Leave it", false]]);
	if (wanted !== null) await session.ask("recovered", { wanted });
	return wanted === true;
}

async function main() {
	try {
		const { opened, recovered, problem, damaged } = await session.ask("start");
		if (problem) await choose("The file cannot be opened", problem, [["Go on without it", null]]);
		if (damaged.length) await choose("Work that was not saved is damaged", `What is whole of it is offered. As it was, it is in ${damaged.join(", ")}.`, [["Go on", null]]);
		if (recovered && (await goOn(recovered))) start(recovered, recovered.saved);
		else start(opened ?? (await cards()));
	} catch (error) {
		if (!(error instanceof Gone)) throw error;
		document.body.append(h("main.tpgraph.cards", {}, h("h1", {}, "tpgraph"), h("p", {}, `${error.message}; start it again: tpgraph edit`)));
	}
}

main();
