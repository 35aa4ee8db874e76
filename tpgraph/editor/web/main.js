/** The editor served by `tpgraph edit`: what is opened, the journal, the file on disk. */

import { Gone, overHttp, PAGE, Session } from "./api.js";
import { App } from "./app.js";
import { choose, h } from "./dom.js";
import { Lane } from "./lane.js";
import { opens } from "./opens.js";

const transport = overHttp();
const session = new Session(transport);
/** What programs are saved in. */
let folder = "";

/** Dialogs, which are loaded when the page has nothing else to do. */
const LATER = {
	cards: () => import("./cards.js"),
	exports: () => import("./exports.js"),
	saving: () => import("./saving.js"),
};

/** Open a dialog that may still have to be loaded. @template {keyof typeof LATER} T @param {App} app @param {T} name
 * @param {(module: Awaited<ReturnType<(typeof LATER)[T]>>) => unknown} open */
async function later(app, name, open) {
	const module = /** @type {Promise<any>} */ (LATER[name]()).catch(() => { throw new Gone(); });
	await opens(app.parts.root, module, open, open);
}

/** The file of the page, and what of it is on disk. */
class Files {
	session = session;
	folder = folder;

	/** @param {Opened} opened @param {string | null} saved what is on disk of it */
	constructor(opened, saved) {
		this.opened = opened;
		this.saved = saved;
		this.journalled = opened.text;
		this.lane = new Lane();
		/** @type {ReturnType<typeof setTimeout> | null} */
		this.timer = null;
	}

	/** Keep a text in the recovery journal, on disk within a second. @param {string} text @param {string} [title] of its program */
	keep(text, title = this.opened.name) {
		document.title = `${text === this.saved ? "" : "• "}${title} – tpgraph`;
		this.next = text;
		this.timer ??= setTimeout(() => this.write(), 400);
	}

	/** One text after the other: a slow answer is not overtaken by the next. */
	write() {
		this.timer = null;
		return this.lane.newest("journal", async () => {
			const text = this.next ?? "";
			if (text === this.journalled) return;
			const { name, path, digest } = this.opened;
			await session.ask("journal", { text, name, path, known: digest, clean: text === this.saved }).then(() => (this.journalled = text), () => (this.timer ??= setTimeout(() => this.write(), 4000)));
		});
	}

	/** @param {App} app @param {boolean} [elsewhere] under another name */
	async save(app, elsewhere = false) {
		const isNew = elsewhere || this.opened.path === null;
		await later(app, "saving", ({ saveAs, saveHere }) => (isNew ? saveAs : saveHere)(this, app));
	}

	/** The file on disk, looked at when the page is returned to: clean here means reload.
	 * @param {App} app */
	async look(app) {
		if (this.opened.path === null) return;
		const found = await this.lane.run(() => session.ask("look", { path: this.opened.path, known: this.opened.digest })).catch(() => null);
		if (!found?.changed) return;
		if (app.text === this.saved) {
			this.opened.digest = found.digest;
			this.saved = found.text;
			app.replaceText(found.text, "reload from disk");
			app.say("reloaded: the file has changed on disk");
		} else app.say("the file has changed on disk, and here too", true, ["Settle it", "save"]);
	}
}

/** @param {Opened} opened @param {string | null} [saved] what is on disk of it
 * @param {(list: App["undoList"]) => void} [remember] what was done to it before */
function start(opened, saved = opened.text, remember) {
	const files = new Files(opened, saved);
	const ended = new AbortController();
	const { signal } = ended;
	const root = h("div", { tabindex: -1 }); // what takes no focus leaves it here, where keys are heard
	document.body.append(root);
	const app = new App(root, {
		transport,
		changed: (text) => files.keep(text, app.title),
		file: () => (files.opened.path === null ? null : files.opened.name),
		async command(from, id) {
			if (id === "save" || id === "save-as") await files.save(from, id === "save-as");
			else if (id === "export") await later(from, "exports", ({ exportDialog }) => exportDialog(from));
			else if (id === "guide") window.open("/guide/start.html", "tpgraph-guide", "popup,width=760,height=900");
			else if (id === "open") {
				if (from.text !== files.saved && !(await choose("Open another", "What was changed here is not saved; it stays in the recovery journal.", [["Stay", false], ["Open", true]]))) return true;
				root.remove();
				ended.abort();
				await files.write();
				start(await (await LATER.cards()).cards(session));
			} else return false;
			return true;
		},
	}, opened);
	remember?.(app.undoList);
	window.addEventListener("focus", () => files.look(app), { signal });
	window.addEventListener("beforeunload", (event) => {
		files.write();
		if (app.text !== files.saved) event.preventDefault();
	}, { signal });
	files.keep(opened.text);
	Object.assign(window, { tpgraph: app });
	app.pane.focus();
	(window.requestIdleCallback ?? setTimeout)(() => Object.values(LATER).forEach((load) => load().catch(() => undefined)));
	return app;
}

/** Hold a lock while the page lives, doing something when it is had. @param {string} name @param {() => void} [had] */
function hold(name, had) {
	navigator.locks.request(name, () => new Promise(() => had?.())).catch(() => undefined);
}

/** The pages that are open in this browser: each holds a lock under its name. */
async function openPages() {
	return ((await navigator.locks.query()).held ?? []).map(({ name }) => name);
}

/** One page of a browser says which are open in it, when a page of another begins. */
function answerForBrowser() {
	new EventSource(`/api/questions?page=${PAGE}`).onmessage = async ({ data }) => {
		await session.ask("here", { question: JSON.parse(data), open: await openPages() });
	};
}

async function main() {
	try {
		hold(PAGE);
		const begin = async () => session.ask("start", { open: await openPages() });
		const found = await begin();
		hold("questions", answerForBrowser);
		folder = found.folder;
		const asks = found.recovered || found.problem || found.damaged.length || !found.opened;
		const [opened, saved, remember] = asks ? await (await LATER.cards()).begun(session, found, begin) : [found.opened];
		const app = start(opened, saved, remember);
		if (found.elsewhere) app.opened.then(() => app.say(`${opened.path} is open in another page too, with changes that are not saved`, true));
	} catch (error) {
		if (!(error instanceof Gone)) throw error;
		document.body.append(h("main.tpgraph.cards", {}, h("h1", {}, "tpgraph"), h("p", {}, `${error.message}; start it again: tpgraph edit`)));
	}
}

main();
