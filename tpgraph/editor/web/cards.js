/** Cards to begin with. */

import { failure } from "./api.js";
import { choose, h } from "./dom.js";
import { inverse, patched, patchUnits } from "./places.js";
import { Shade } from "./shade.js";

/** @typedef {import("./api.js").Session} Session */
/** @typedef {import("./undo.js").UndoList} UndoList */

/** What to begin with, what of it is on disk where that is another text, and what was done to it before: what was
 * not saved is offered.
 * @param {Session} session @param {{opened: Opened | null, recovered: Recovered | null, problem: string | null, damaged: string[]}} found
 * @param {() => Promise<{recovered: Recovered | null}>} again what is offered next, after one that was left
 * @returns {Promise<[Opened, (string | null)?, ((list: UndoList) => void)?]>} */
export async function begun(session, { opened, recovered, problem, damaged }, again) {
	if (problem) await choose("The file cannot be opened", problem, [["Go on without it", null]]);
	if (damaged.length) await choose("Work that was not saved is damaged", `What is whole of it is offered. As it was, it is in ${damaged.join(", ")}.`, [["Go on", null]]);
	while (recovered) {
		const work = recovered;
		const answer = await choose("Unsaved work was found", `${recovered.path ?? recovered.name}, of ${recovered.time}.${recovered.changed ? " The file has changed on disk since: when you save, you are asked which text is to stay." : ""}`,
			[["Go on with it", "go on"], ["Leave it", "leave"], ["Discard it", "discard"]]);
		if (answer === null) break;
		if (answer === "discard" && !(await choose("Discard it?", gone(recovered), [["Keep it", false], ["Discard it", true]]))) continue;
		await session.ask("recovered", { answer });
		if (answer === "go on") return [work, work.saved, (list) => remember(list, work)];
		({ recovered } = await again());
	}
	return [opened ?? (await cards(session))];
}

/** What is lost where work is thrown away. @param {Recovered} recovered */
function gone({ name, path, text, time }) {
	const lines = text.trimEnd().split("\n").length;
	return `${lines} line${lines === 1 ? "" : "s"} of ${path ?? name}, of ${time}, ${lines === 1 ? "is" : "are"} thrown away, and cannot be had back. A file on disk is not changed.`;
}

/** Let what was done to a text before it was recovered be taken back. @param {UndoList} list @param {Recovered} recovered */
function remember(list, { text, undo }) {
	/** @type {[string, Patch[]][]} */
	const changes = [];
	for (const change of undo) {
		const back = patchUnits(text, [change]);
		const before = patched(text, back);
		changes.unshift([before, inverse(text, back)]);
		text = before;
	}
	for (const [before, patches] of changes) {
		const [start, end, words] = patches[0];
		list.keep(before, patches, "what was done before", [start, end], [start + words.length, start + words.length]);
	}
}

/** What is chosen: empty, open and the files of the folder at once, then the gallery.
 * @param {Session} session @returns {Promise<Opened>} */
export function cards(session) {
	return new Promise((resolve) => {
		/** @param {Opened} opened */
		const open = (opened) => {
			page.remove();
			resolve(opened);
		};
		/** @param {string} name @param {string} text @param {number} [caret] */
		const fresh = (name, text, caret = 0) => () => open({ name, text, path: null, digest: null, caret });
		const list = h("div.card-list", {},
			card("○ ⇢ ●", "Empty", "a width and nothing else", fresh("mine", EMPTY, EMPTY.length)),
			card("…", "Open", "a .tp, or a picture that carries its program", () => pick(session, open)));
		const waits = h("p.detail", { role: "status" });
		const page = h("main.tpgraph.cards", {}, h("h1", {}, "tpgraph"),
			h("p", {}, "Draw a Tensor Program, run it, take it to infinite width."), list, waits);
		new Shade(page);
		document.body.append(page);
		/** @param {string[]} files */
		const showFiles = (files) => list.append(...files.map((path) => card("▤", path, "in this folder", () => answered(session.ask("file", { path }), path, open))));
		/** @type {[string, HTMLImageElement][]} */
		let pictures = [];
		/** @param {{name: string, title: string, text: string}[]} found */
		const showGallery = (found) => (pictures = found.map(({ name, title, text }) => {
			const picture = h("img", { alt: "" });
			list.append(card(picture, name, title, fresh(name, text)));
			return [name, picture];
		}));
		/** Each is asked for until it is answered; no card moves that somebody is about to click. */
		const asked = [
			async () => showFiles((await session.ask("files")).files),
			async () => showGallery((await session.ask("gallery")).cards),
			async () => {
				for (const [name, picture] of pictures) {
					if (!page.isConnected) return;
					if (!picture.src) picture.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent((await session.ask("card", { name })).svg)}`;
				}
			},
		];
		const ask = async () => {
			try {
				for (waits.textContent = "the gallery is being looked up…"; asked.length; asked.shift()) {
					if (asked.length === 1) waits.textContent = "";
					await asked[0]();
				}
			} catch (error) {
				waits.replaceChildren(`${failure(error)} `, h("button", { click: ask }, "Ask again"));
			}
		};
		ask();
	});
}

/** Open what is answered, or say why it cannot be. @param {Promise<Opened>} asked @param {string} name
 * @param {(opened: Opened) => void} open */
async function answered(asked, name, open) {
	try {
		open(await asked);
	} catch (error) {
		await choose(name, failure(error), [["Close", null]]);
	}
}

/** @param {string | Node} picture @param {string} title @param {string} words @param {() => unknown} click */
function card(picture, title, words, click) {
	const sign = typeof picture === "string" ? ".empty" : "";
	return h("button.card", { click }, h(`div.card-picture${sign}`, {}, picture), h("strong", {}, title), h("span", {}, words));
}

const EMPTY = "program mine\nwidth n\n";

/** @param {Session} session @param {(opened: Opened) => void} open */
function pick(session, open) {
	const input = h("input", { type: "file", accept: ".tp,.json,.svg,.pdf,.png,.eps,.tex,.html" });
	input.addEventListener("change", async () => {
		const file = input.files?.[0];
		if (!file) return;
		const raw = new Uint8Array(await file.arrayBuffer());
		let words = "";
		for (const byte of raw) words += String.fromCharCode(byte);
		await answered(session.ask("read", { name: file.name, base64: btoa(words) }), file.name, open);
	});
	input.click();
}
