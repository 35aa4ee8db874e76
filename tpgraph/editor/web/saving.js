/** Saving, and what is asked on the way: under which name, over another file, over what has changed. */

import { failure, Refused } from "./api.js";
import { dialog, h } from "./dom.js";

/** @typedef {{digest: string, text: string, diff: string, conflict: true}} Conflict */

/** Save under the name that the file has. @param {Files} files @param {App} app */
export async function saveHere(files, app) {
	const { text } = app;
	const path = String(files.opened.path);
	try {
		const found = await files.lane.run(async () => {
			const answer = await files.session.ask("save", { path, text, ...before(files), known: files.opened.digest });
			if (!answer.conflict) saved(files, app, text, answer);
			return answer;
		});
		if (found.conflict) await settle(files, app, path, found);
	} catch (error) {
		app.failed(error);
	}
}

/** Ask for a name, in the folder that is shown, and save under it. @param {Files} files @param {App} app */
export async function saveAs(files, app) {
	const proposed = files.opened.path ?? `${fileName(app.title)}.tp`;
	const path = await dialog("Save as", (close) => asked(files, app, proposed, close), { within: app.parts.root });
	if (path) app.say(`saved ${path}`);
}

/** A form that stays open until a text is written or nothing is to be.
 * @param {Files} files @param {App} app @param {string} proposed @param {(path: string) => void} close */
function asked(files, app, proposed, close) {
	const input = h("input.file-name", { value: proposed, "aria-label": "File name", spellcheck: "false", autofocus: true, input: () => say("") });
	const said = h("p", { role: "alert" });
	const write = h("button.primary", { type: "submit" }, "Save");
	/** What is there under the name, once it was asked about. @type {string | null} */
	let over = null;
	/** @param {string} words @param {string | null} [digest] */
	const say = (words, digest = null) => {
		said.textContent = words;
		over = digest;
		write.textContent = over === null ? "Save" : "Replace it";
	};
	const submit = async () => {
		const { text } = app;
		const { value } = input;
		const path = value.trim().replace(/(\.tp)*$/, ".tp"); // also where the ending was typed before the one that stood there
		const name = path.replace(/^.*[/\\]/, "").slice(0, -3);
		try {
			const found = await files.session.ask("save", { path, text, ...before(files), name, known: over });
			if (found.conflict) return say(`${path} exists already. Replace it, or write another name.`, input.value === value ? found.digest : null);
			files.opened.name = name;
			saved(files, app, text, found);
			close(found.path);
		} catch (error) {
			if (error instanceof Refused) say(failure(error));
			else {
				close("");
				app.failed(error);
			}
		}
	};
	input.addEventListener("focus", () => input.setSelectionRange(0, input.value.replace(/\.tp$/, "").length), { once: true });
	return [h("form", { submit: (/** @type {Event} */ event) => { event.preventDefault(); submit(); } },
		h("label.save-as", {}, "Name", input), h("p.detail", {}, "in the folder ", h("strong", {}, files.folder)), said,
		h("div.buttons", {}, h("button", { type: "button", click: () => close("") }, "Cancel"), write))];
}

/** A name that a file can have. @param {string} words */
function fileName(words) {
	return words.replace(/[^\p{L}\p{N} ._-]+/gu, "_").trim() || "program";
}

/** What the text is called so far. @param {Files} files */
function before({ opened: { name, path } }) {
	return { name, was: { name, path } };
}

/** @param {Files} files @param {App} app @param {string} text @param {{path: string, digest: string}} found */
function saved(files, app, text, found) {
	files.opened = { ...files.opened, path: found.path, digest: found.digest };
	files.saved = files.journalled = text;
	files.keep(app.text);
	app.say(`saved ${found.path}`);
}

/** The file has changed on disk and here. @param {Files} files @param {App} app @param {string} path
 * @param {Conflict} found */
async function settle(files, app, path, found) {
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
	if (chosen === null) return app.say(`nothing is written: ${path} has changed on disk, and here too`, true, ["Settle it", "save"]);
	if (chosen === "both") {
		files.opened = { ...files.opened, path: path.replace(/(\.[^.]*)?$/, ".mine$1"), digest: null };
		return saveHere(files, app);
	}
	files.opened.digest = found.digest;
	if (chosen === "mine") return saveHere(files, app);
	files.saved = found.text;
	app.replaceText(found.text, "take the text on disk");
}
