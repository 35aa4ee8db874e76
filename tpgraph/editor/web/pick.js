/** What is picked: one of a list by what is typed, or of the marks and lines that a command could take, by letters shown
 * at them. */

import { backToCanvas, editAndOpen, middle, sift, takers } from "./boxes.js";
import { matching } from "./commands.js";
import { h } from "./dom.js";
import { opens } from "./opens.js";

/** Milliseconds in which letters are shown, whether or not all that they would do was tried. */
const PATIENCE = 400;

/** Letters at everything that accepts a mark, a gate standing for what it makes; the one that is typed is taken.
 * @param {App} app @param {Fragment} fragment @param {string} edit */
export async function chooseTarget(app, fragment, edit) {
	const own = app.canvas.marks.find((f) => f.layer === "variables" && f.name === fragment.name) ?? fragment;
	const chosen = await pick(app, takers(app, own.key).then(async (found) => {
		const offered = Object.keys(found.targets).filter((key) => found.targets[key].do.edit === edit);
		const latest = performance.now() + PATIENCE;
		await sift(app, found, () => performance.now() < latest);
		const targets = Object.entries(found.targets).filter(([key, t]) => t.do.edit === edit && app.canvas.fragment(key));
		if (targets.length === 0) app.say(found.refuses[offered[0]] ?? Object.values(found.refuses)[0] ?? "nothing takes it", true);
		return targets;
	}));
	if (chosen) await editAndOpen(app, chosen.target.do, chosen.only);
}

/** Draw a line off that is selected, or one of a gate's. @param {App} app @param {Fragment} mark */
export async function disconnect(app, mark) {
	if (mark.layer === "edges") return app.drag.tear(mark);
	const lines = app.canvas.fragments.filter((f) => f.layer === "edges" && f.target === `${mark.name}:gate` && typeof f.argument === "number");
	if (lines.length === 0) return app.say(`${mark.said} has no lines that can be drawn off`, true);
	const chosen = await pick(app, Promise.resolve(lines.map((f) => [f.key, f])));
	if (chosen) await app.drag.tear(chosen.target, chosen.only);
}

/** The statement of a mark behind that of another. @param {App} app @param {Fragment} mark */
export async function move(app, mark) {
	const names = app.names();
	const items = app.canvas.marks.filter((f) => f.layer === "variables" && !f.unnamed)
		.concat(app.shelf.map(({ name }) => app.parts.sample(name, app.canvas)))
		.map((f) => ({ id: String(f.name), title: `behind ${f.said}`, detail: f.title }));
	items.unshift({ id: "", title: "before all equations", detail: "" });
	const after = await picker(app.parts.overlay(middle(app)), (words) => items.filter((i) => i.title.includes(words)), `move ${mark.said}`);
	backToCanvas(app);
	if (after !== null) await app.edit({ edit: "move", names, ...(after ? { after } : {}) });
}

/** @param {App} app */
export async function find(app) {
	const items = app.canvas.marks.filter((f) => f.name).map((f) => ({ id: f.key, title: String(f.said), detail: f.title }));
	items.push(...app.shelf.map(({ name, shape }) => ({ id: name, title: name, detail: `matrix, ${shape}` })));
	const key = await picker(app.parts.overlay(middle(app)), (words) => [
		...items.filter((i) => i.title === words), ...items.filter((i) => i.title !== words && (i.title + i.detail).toLowerCase().includes(words.toLowerCase()))].slice(0, 50), "find a mark");
	backToCanvas(app);
	if (!key) return;
	const mark = app.canvas.fragment(key);
	if (!mark) return app.selectMatrix(key);
	app.select([key]);
	const { width, height } = app.canvas.size;
	app.canvas.pan(width / 2 - (app.canvas.view.k * mark.x + app.canvas.view.x), height / 2 - (app.canvas.view.k * mark.y + app.canvas.view.y));
}

/** @param {App} app */
export async function palette(app) {
	const id = await picker(app.parts.overlay(middle(app)), (words) => matching(words).map((c) => ({ id: c.id, title: c.title, detail: c.hint ?? c.group, key: c.key })), "all commands");
	backToCanvas(app);
	if (id) await app.command(id);
}

/** One of some marks and lines, once they are known: by the letters shown at it, the last one a capital for
 * "only here", or by a click. @template T @param {App} app @param {Promise<[string, T][]>} asked
 * @returns {Promise<{target: T, only: boolean} | null>} */
async function pick(app, asked) {
	app.canvas.element.focus();
	return await opens(app.parts.root, asked, (targets) => (targets.length ? shown(app, targets) : null)) ?? null;
}

/** @template T @param {App} app @param {[string, T][]} targets @returns {Promise<{target: T, only: boolean} | null>} */
function shown(app, targets) {
	const { canvas } = app;
	return new Promise((resolve) => {
		let typed = "";
		const codes = letterCodes(targets.length);
		const tags = h("div.letters", {}, ...targets.map(([key], i) => {
			const [x, y] = canvas.placed(canvas.handle(key));
			const tag = h("kbd", {}, codes[i]);
			tag.style.left = `${x}px`;
			tag.style.top = `${y}px`;
			return tag;
		}));
		app.parts.picture.append(tags);
		canvas.mark("accepts", targets.map(([key]) => key));
		app.say("type the letters of what takes it, the last one with Shift for only here; or click it");
		const ended = new AbortController();
		const hears = { capture: true, signal: ended.signal };
		/** @param {number} i @param {boolean} only */
		const end = (i, only) => {
			ended.abort();
			tags.remove();
			canvas.mark("accepts", []);
			app.say("");
			resolve(targets[i] ? { target: targets[i][1], only } : null);
		};
		canvas.element.addEventListener("keydown", (event) => {
			event.preventDefault();
			event.stopImmediatePropagation();
			if (event.key.length !== 1 && event.key !== "Escape") return;
			const letter = event.key.toLowerCase();
			typed += letter;
			if (codes.includes(typed) || !codes.some((code) => code.startsWith(typed))) end(codes.indexOf(typed), letter !== event.key);
		}, hears);
		canvas.element.addEventListener("pointerdown", (event) => {
			event.stopImmediatePropagation();
			const mark = canvas.at(event.clientX, event.clientY);
			end(targets.findIndex(([key]) => key === mark?.key), event.shiftKey);
		}, hears);
		for (const gone of ["blur", "wheel"]) canvas.element.addEventListener(gone, () => end(-1, false), hears); // letters stand where marks were
	});
}

/** Letters for some marks, of one length. @param {number} count */
function letterCodes(count) {
	const letters = Array.from("abcdefghijklmnopqrstuvwxyz");
	const codes = count > letters.length ? letters.flatMap((a) => letters.map((b) => a + b)) : letters;
	return codes.slice(0, count);
}

/** One of a list, by what is typed for it. @param {HTMLElement} parent
 * @param {(words: string) => {id: string, title: string, detail: string, key?: string, off?: boolean}[]} find
 * @param {string} label @returns {Promise<string | null>} */
export function picker(parent, find, label) {
	return new Promise((resolve) => {
		const input = h("input", { role: "combobox", "aria-label": label, placeholder: label, "aria-expanded": "true", "aria-controls": "picker-list", autocomplete: "off" });
		const list = h("ul#picker-list", { role: "listbox", "aria-label": label });
		const box = h("div.picker", {}, input, list);
		/** @type {ReturnType<typeof find>} */
		let found = [];
		let at = 0;
		/** @param {string | null} id */
		const close = (id) => {
			if (!box.isConnected) return;
			box.remove();
			resolve(id);
		};
		const show = () => {
			found = find(input.value);
			at = Math.min(at, Math.max(0, found.length - 1));
			list.replaceChildren(...found.map((item, i) =>
				h("li", { id: `picker-${i}`, role: "option", "aria-selected": String(i === at), "aria-disabled": item.off && "true", click: () => close(item.id) },
					h("span.title", {}, item.title), h("span.detail", {}, item.detail), ...(item.key ? [h("kbd", {}, item.key)] : []))));
			if (!found.length) list.append(h("li.detail", { role: "option", "aria-disabled": "true" }, `nothing here is called ${input.value}`));
			input.setAttribute("aria-activedescendant", found.length ? `picker-${at}` : "");
			list.children[at]?.scrollIntoView({ block: "nearest" });
		};
		input.addEventListener("input", () => {
			at = 0;
			show();
		});
		list.addEventListener("mousedown", (event) => event.preventDefault());
		input.addEventListener("keydown", (event) => {
			event.stopPropagation();
			if (event.key === "Escape") close(null);
			else if (event.key === "Enter") found.length && close(found[at].id);
			else if (event.key === "ArrowDown") at = Math.min(at + 1, found.length - 1);
			else if (event.key === "ArrowUp") at = Math.max(at - 1, 0);
			else return;
			event.preventDefault();
			if (box.isConnected) show();
		});
		input.addEventListener("blur", () => setTimeout(() => document.hasFocus() && close(null), 150));
		parent.append(box);
		input.focus();
		show();
	});
}
