/** The parts of the page: bars, panes, shelf, errors, status line, hints, and what floats above. */

import { COMMANDS } from "./commands.js";
import { focused, h } from "./dom.js";
import { Hints } from "./hints.js";
import { moved, spanUnits } from "./places.js";

const TOOLS = [
	["declare", "multiply", "gate", "bargate", "connect"],
	["undo", "redo"],
	["run", "step-back", "step", "present"],
	["inspector", "save", "export", "palette"],
];
const CORNER = ["zoom-out", "zoom-in", "show-all", "tidy", "view"];
const SIGNS = new Map([
	["declare", "○ Vector"], ["multiply", "⇢ Multiply"], ["gate", "▷ Gate"], ["bargate", "▷|"],
	["connect", "⌁ Connect"], ["undo", "↶"], ["redo", "↷"], ["run", "▶ Run"], ["step-back", "‹"],
	["step", "Step ›"], ["view", "View"], ["palette", "Commands"], ["zoom-in", "+"], ["zoom-out", "−"],
]);

/** Pixels of a column of lines. */
const WIDE = 300;
/** What a picture is called that is not of the text as it is. */
const BEFORE = "picture of the text before";

/** Build the page inside of `root`. @param {HTMLElement} root @param {App} app */
export function layout(root, app) {
	root.classList.add("tpgraph", "tpgraph-editor");
	const toolbar = h("div.toolbar", { role: "toolbar", "aria-label": "Commands" });
	for (const group of TOOLS) {
		toolbar.append(h("div.tool-group", {}, ...group.map((id) => button(app, id))));
	}
	const shows = h("select.shows", { "aria-label": "What the picture shows", change: () => app.command(`pass-${shows.value}`) },
		...COMMANDS.filter((c) => c.id.startsWith("pass-")).map((c) => h("option", { value: c.id.slice(5) }, c.title)));
	toolbar.append(menus(app));
	const text = h("section.text", { "aria-label": "Text" });
	const picture = h("section.picture", { "aria-label": "Picture" });
	const inspector = h("aside.inspector", { "aria-label": "Inspector", hidden: true });
	const shelf = h("div.shelf", { role: "group", "aria-label": "Matrices" });
	let shelved = ""; // what the shelf shows
	const errors = h("div.errors", { role: "status", "aria-live": "polite", "aria-label": "Mistakes" });
	const status = h("div.status", { role: "status", "aria-live": "polite" });
	const describes = h("div.describes");
	const program = h("div.program-line");
	const panels = h("div.panels");
	const showAll = h("button.show-all", { hidden: true, click: () => app.command("show-all") }, "Nothing in view: show all");
	const tip = h("div.tip", { hidden: true, role: "tooltip" });
	const preview = h("div.preview", { hidden: true });
	const floats = h("div.floats");
	const hintStrip = h("div.hints", { "aria-label": "First steps" });
	const corner = h("div.corner", { role: "toolbar", "aria-label": "Picture" }, ...CORNER.map((id) => button(app, id)), shows);
	const begin = h("p.begin.detail", { hidden: true }, "Double-click here for a vector, or write on the left.");
	const lack = h("div.lack", { hidden: true, role: "status" });
	picture.append(showAll, begin, lack, floats, shelf, h("div.foot", {}, hintStrip, corner));
	const splitter = h("div.splitter", { role: "separator", "aria-orientation": "vertical", "aria-label": "Width of the text", "aria-valuemin": 15, "aria-valuemax": 70, "aria-valuenow": 36, tabindex: 0 });
	const body = h("div.body", {}, text, splitter, picture, inspector);
	root.addEventListener("mousedown", (event) => keepFocus(event, app, text));
	root.append(toolbar, body, errors, panels, h("footer", {}, status, describes, program), tip, preview);

	return {
		root, text, splitter, picture, inspector, panels, showAll, toolbar,
		hints: new Hints(hintStrip),
		tip: {
			/** @param {string} words @param {number} x @param {number} y */
			show(words, x, y) {
				tip.textContent = words;
				placed(tip, x, y);
			},
			hide: () => tip.toggleAttribute("hidden", true),
		},
		preview: {
			/** The lines that an edit would write, before the button is released.
			 * @param {Dry} dry
			 * @param {boolean} only @param {Point} at @param {number} [top] of what it may not cover */
			show(dry, only, at, top) {
				const rows = dry.lines.flatMap(({ line, was, becomes }) => [
					...(was ? [h("div.was", {}, `${line}  − ${was}`)] : []),
					...(becomes ? [h("div.becomes", {}, `${line}  + ${becomes}`)] : []),
				]);
				const foot = dry.many ? [h("div.detail", {}, only ? "only here" : `${matchMedia("(pointer: coarse)").matches ? "tap by a second finger" : "Shift"}: only here`)] : [];
				const most = Math.floor(innerHeight / 28);
				const columns = Math.min(Math.ceil(rows.length / most), Math.max(1, Math.floor(innerWidth / WIDE)));
				const more = rows.splice(columns * most).length;
				if (more) foot.unshift(h("div.detail", {}, `and ${more} more`));
				const lines = h("div", {}, ...rows);
				if (columns > 1) Object.assign(lines.style, { columns, width: `${columns * WIDE}px`, maxWidth: "none" });
				preview.replaceChildren(h("strong", {}, dry.title), lines, ...foot);
				placed(preview, at[0] + 16, at[1] + 16, top);
			},
			/** @param {Point} at */
			move: ([x, y]) => { if (!preview.hidden) placed(preview, x + 16, y + 16); },
			hide: () => preview.toggleAttribute("hidden", true),
		},
		/** A place for something over the picture. @param {Point} at */
		overlay([x, y]) {
			const box = picture.getBoundingClientRect();
			const place = h("div.overlay");
			place.style.left = `${Math.max(8, Math.min(x - box.left, box.width - 456))}px`;
			place.style.top = `${Math.max(8, Math.min(y - box.top, box.height - 200))}px`;
			floats.replaceChildren(place);
			return place;
		},
		/** @param {string} words @param {boolean} wrong @param {Next} [next] */
		say(words, wrong, next) {
			status.replaceChildren(words, ...(next ? [" ", h("button", { click: () => app.command(next[1]) }, next[0])] : []));
			status.classList.toggle("wrong", wrong);
		},
		/** @param {Fragment | null} fragment */
		describe(fragment) {
			describes.textContent = fragment?.title ?? "";
		},
		/** What of the text is not in the picture; `again` has it asked for anew. @param {Lack} lack */
		showLack({ old = false, words = "", again }) {
			const said = old ? [BEFORE, words].filter(Boolean).join(": ") : words;
			lack.replaceChildren(said, ...(again ? [h("button", { click: again }, "Draw again")] : []));
			lack.hidden = !said;
			picture.classList.toggle("old", old);
			app.canvas.name(said);
		},
		/** @param {Refusal[]} wrong @param {Refusal[]} doubtful */
		showErrors(wrong, doubtful) {
			begin.hidden = app.canvas.fragments.length > 0;
			if (!begin.hidden) wrong = wrong.filter((error) => error.line);
			const of = app.text;
			const rows = [...wrong, ...doubtful].slice(0, 6).map((error) => {
				const row = h(doubtful.includes(error) ? "div.error.warning" : "div.error", {},
					h("button.place", { click: () => goTo(app, error, of) }, error.line ? `line ${error.line}` : "text"),
					h("span", {}, error.message),
					...(error.expected ? [h("span.detail", {}, `expected: ${error.expected}`)] : []));
				const { edits, mend } = error;
				if (edits?.length) row.append(h("button.mend", { click: () => app.mend(error, of) }, mend ?? `write ${edits.map(({ text }) => text).join(" … ")}`));
				else if (mend) row.append(h("span.detail", {}, `mend: ${mend}`));
				return row;
			});
			errors.replaceChildren(...rows);
		},
		/** @param {Shelf} rows */
		showShelf(rows) {
			const wanted = JSON.stringify(rows);
			if (wanted === shelved) return;
			shelved = wanted;
			shelf.replaceChildren(...rows.map((row) => {
				const item = h("button.sample", { "data-matrix": row.name, "aria-pressed": "false", title: `${row.shape} ~ ${row.distribution}, used ${row.uses} times; drag it onto a vector`, click: (/** @type {MouseEvent} */ event) => {
					app.selectMatrix(row.name, event.shiftKey);
					app.canvas.element.focus(); // where keys do something about it
				} },
					h("span.dash", { "aria-hidden": "true" }), h("span.name", {}, row.name), h("span.detail", {}, `${row.shape}${row.trained ? ", trained" : ""}`));
				item.addEventListener("pointerdown", (event) => {
					item.addEventListener("pointermove", (move) => move.buttons && app.gestures.drag(row.name, event), { once: true });
				});
				return item;
			}));
		},
		/** @param {string[]} matrices those that are selected */
		shelve(matrices) {
			for (const item of shelf.children) item.setAttribute("aria-pressed", String(matrices.includes(item.getAttribute("data-matrix") ?? "")));
		},
		/** A matrix of the shelf as if it were a mark. @param {string} name @param {Canvas} canvas @returns {Fragment} */
		sample(name, canvas) {
			const many = app.shelf.find((row) => row.name === name)?.many;
			const item = [...shelf.children].find((one) => one.getAttribute("data-matrix") === name);
			const { left, bottom } = (item ?? shelf).getBoundingClientRect();
			const [x, y] = canvas.worldAt(left, bottom);
			return { key: "", layer: "matrices", kind: "matrix", x, y, svg: "", name, said: name, many, title: item?.getAttribute("title") ?? "", span: null };
		},
		/** The title of the program that the picture is of. */
		passTitle: () => shows.selectedOptions[0].text,
		/** Which program the picture is of. @param {Pass} pass */
		showPass: (pass) => void (shows.value = pass),
		/** @param {View} view */
		showProgram(view) {
			const found = view.program;
			program.textContent = found ? `${found.name} · ${found.equations} instruction${found.equations === 1 ? "" : "s"} · ${found.language}` : "";
		},
		/** @param {string} message @param {() => string} text */
		showGone(message, text) {
			const said = root.querySelector(".gone strong");
			if (said) return void (said.textContent = message);
			const words = h("strong", {}, message);
			root.prepend(h("div.gone", { role: "alert" }, words, h("span", {}, "You can go on typing; the text stays on this page."),
				h("button", { click: () => navigator.clipboard.writeText(text()) }, "Copy the text"),
				h("button", { click: () => download("program.tp", text()) }, "Download the text"),
				h("button", { click: () => { words.textContent = "asked again …"; app.sync(); } }, "Try again")));
		},
		focusPanels() {
			/** @type {HTMLElement | null} */ ((inspector.hidden ? null : inspector.querySelector("input, button")) ?? toolbar.querySelector("button"))?.focus();
		},
	};
}

/** The focus stays where it is when a button of a bar is clicked, so that the next key is not the button's; that of
 * boxes and fields, which it ends, goes to the picture. @param {MouseEvent} event @param {App} app @param {Element} text */
function keepFocus(event, app, text) {
	const clicked = /** @type {Element} */ (event.target);
	if (!clicked.closest(":is(.tool-group, .corner, .panels, .hints, .lack) button, .show-all")) return;
	event.preventDefault();
	if (!text.contains(focused(text))) app.canvas.element.focus();
}

/** @param {App} app @param {string} id */
function button(app, id) {
	const command = COMMANDS.find((c) => c.id === id);
	const title = command ? `${command.title}${command.key ? ` (${command.key})` : ""}${command.hint ? `: ${command.hint}` : ""}` : id;
	return h("button", { "data-command": id, title, "aria-label": command?.title ?? id, click: () => app.command(id) },
		SIGNS.get(id) ?? command?.title ?? id, ...(command?.key ? [h("kbd", { "aria-hidden": "true" }, command.key)] : []));
}

/** Every command stands in a menu of its group. @param {App} app */
function menus(app) {
	const groups = [...new Set(COMMANDS.map((c) => c.group))];
	return h("div.menus", {}, ...groups.map((group) => {
		const details = h("details", {}, h("summary", {}, group));
		const items = COMMANDS.filter((c) => c.group === group).map((c) =>
			h("button", { "data-menu": c.id, title: c.hint ?? "", click: () => { details.open = false; app.canvas.element.focus(); app.command(c.id); } },
				c.title, ...(c.key ? [h("kbd", { "aria-hidden": "true" }, c.key)] : [])));
		const menu = h("div.menu", {}, ...items);
		details.append(menu);
		details.addEventListener("toggle", () => (menu.style.maxHeight = `${app.parts.root.getBoundingClientRect().bottom - menu.getBoundingClientRect().top - 8}px`));
		details.addEventListener("focusout", (event) => {
			if (!details.contains(/** @type {Node | null} */ (event.relatedTarget))) details.open = false;
		});
		return details;
	}));
}

/** Inside of the window, where there is more room beside what it may not cover.
 * @param {HTMLElement} element @param {number} x @param {number} y @param {number} [top] of that, which ends above y */
function placed(element, x, y, top = 0) {
	element.removeAttribute("hidden");
	const below = innerHeight - y;
	element.style.maxHeight = top ? `${Math.max(top, below) - 8}px` : "";
	const { width, height } = element.getBoundingClientRect();
	if (top > below && height > below - 4) y = top - height - 4;
	element.style.left = `${Math.max(4, Math.min(x, innerWidth - width - 4))}px`;
	element.style.top = `${Math.max(4, Math.min(y, innerHeight - height - 4))}px`;
}

/** @param {App} app @param {Refusal} error @param {string} of the text that has it */
function goTo(app, { start, end }, of) {
	if (start === null || start === undefined) return app.pane.focus();
	app.pane.select(...moved(of, app.text, spanUnits(of, [start, end ?? start])), true);
	app.textSelected();
}

/** @param {string} name @param {string | Blob} content */
export function download(name, content) {
	const blob = content instanceof Blob ? content : new Blob([content], { type: "text/plain" });
	const link = h("a", { href: URL.createObjectURL(blob), download: name });
	link.click();
	setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
