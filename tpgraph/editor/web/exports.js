/** The export dialog: each format with a preview and the options that matter to it. */

import { failure } from "./api.js";
import { dialog, h } from "./dom.js";
import { download } from "./layout.js";
import { working } from "./working.js";

const PICTURE = ["theme", "direction", "show", "of", "steps", "fold", "legend", "size"];
/** Format, title, its options. @type {[string, string, string[]][]} */
export const FORMATS = [
	["svg", "SVG", PICTURE], ["pdf", "PDF", PICTURE], ["png", "PNG", [...PICTURE, "width"]],
	["tex", "TikZ (LaTeX)", PICTURE], ["dot", "DOT", PICTURE.filter((name) => name !== "legend")], ["scene", "Scene as JSON", PICTURE],
	["html", "One HTML page for students", ["theme", "direction", "show"]],
	["tp", "Program text", []], ["json", "Program as JSON", []], ["py", "Python (numpy)", []],
	["latex", "LaTeX listing", ["of", "steps"]],
];
const LONGEST = 20_000; // letters of a text that a preview shows
const PAUSE = 250; // milliseconds without a change before a preview is made

/** @param {App} app */
export function exportDialog(app) {
	return dialog("Export", (close) => {
		const format = select("Format", FORMATS.map(([id, title]) => [id, title]));
		const options = controls(app);
		const preview = h("div.export-preview", { role: "img", "aria-label": "Preview" });
		const said = h("div.refusal", { role: "alert" });
		const facts = h("div.detail", { role: "status" });
		const button = h("button.primary", { disabled: true, click: () => { if (found) { save(found); facts.textContent = `${found.name} is downloaded`; } } }, "Download");
		/** @type {Exported | null} */
		let found = null;
		/** @type {ReturnType<typeof setTimeout> | undefined} */
		let timer;
		let turn = {};
		const update = async () => {
			const own = (turn = {});
			const wanted = FORMATS.find(([id]) => id === format.value)?.[2] ?? [];
			for (const [name, input] of Object.entries(options)) {
				const matters = wanted.includes(name) && (name !== "steps" || options.of.value === "sgd");
				input.parentElement?.toggleAttribute("hidden", !matters);
			}
			offerViews(options.show, format.value !== "html");
			button.toggleAttribute("disabled", true);
			const shown = working("making the preview…", () => {
				app.session.cancel("export");
				facts.replaceChildren("cancelled ", h("button", { click: update }, "Try again"));
			});
			facts.replaceChildren(...shown.nodes);
			said.textContent = "";
			try {
				const made = await app.session.newest("export", "export", { text: app.text, name: app.title, format: format.value, options: chosen(options, wanted) }, shown.hear);
				if (!made) return;
				found = made;
				said.textContent = (made.warnings ?? []).join(" ");
				const size = await show(preview, made);
				if (turn !== own) return; // something else is asked for meanwhile
				facts.textContent = size;
				button.toggleAttribute("disabled", false);
			} catch (error) {
				found = null;
				facts.replaceChildren(h("button", { click: update }, "Try again"));
				said.textContent = failure(error);
				preview.replaceChildren();
			}
		};
		const soon = () => {
			clearTimeout(timer);
			turn = {};
			app.session.cancel("export"); // what is being made is not what is asked for now
			button.toggleAttribute("disabled", true);
			timer = setTimeout(update, PAUSE);
		};
		const { width, size, steps, ...chosenAtOnce } = options;
		for (const input of [format, ...Object.values(chosenAtOnce)]) input.addEventListener("change", update);
		for (const input of [width, size, steps]) input.addEventListener("input", soon);
		update();
		return [
			h("div.export-options", {}, ...[format, ...Object.values(options)].map((i) => /** @type {Node} */ (i.parentElement))),
			preview, facts, said, h("div.buttons", {}, button, h("button", { click: () => close(null) }, "Close")),
		];
	}, { wide: true, within: app.parts.root }).finally(() => app.session.cancel("export"));
}

/** The controls of all options, by their names. @param {App} app */
function controls(app) {
	const { theme, direction, view } = app.options;
	return {
		theme: select("Theme", [["paper", "paper"], ["teaching", "teaching, in colours"], ["dark", "dark"]], theme),
		direction: select("Direction", [["LR", "to the right"], ["TB", "downwards"], ["BT", "upwards"], ["RL", "to the left"]], direction),
		show: select("View", [["body", "as in the paper"], ["io", "with data, readout, loss"], ["all", "all that is declared"]], view === "editing" ? "io" : "body"),
		of: select("Of", [["forward", "the program"], ["backward", "its backward pass"], ["sgd", "SGD"], ["reduced", "the reduced program"], ["ntk", "the tangent kernel"]]),
		steps: number("SGD steps", { min: 1, max: 20, value: 1 }),
		fold: check("Fold what repeats"),
		legend: check("Legend"),
		size: words("Width", { placeholder: "such as 234pt, 8.6cm" }),
		width: number("Width in pixels", { min: 16, max: 20_000, placeholder: "200 an inch" }),
	};
}

/** The values of the options that matter. @param {ReturnType<typeof controls>} options @param {string[]} wanted */
function chosen(options, wanted) {
	const { theme, direction, show, of, steps, fold, legend, size, width } = options;
	/** @type {Record<string, unknown>} */
	const all = {
		theme: theme.value, direction: direction.value, show: show.value, of: of.value, steps: Number(steps.value) || 1,
		fold: fold.checked, legend: legend.checked, size: size.value.trim(), width: Number(width.value) || null,
	};
	return Object.fromEntries(Object.entries(all).filter(([name]) => wanted.includes(name)));
}

/** Offer the view of all that is declared, or not: a page for students steps through what is computed.
 * @param {HTMLSelectElement} view @param {boolean} all */
function offerViews(view, all) {
	for (const option of view.options) if (option.value === "all") option.hidden = option.disabled = !all;
	if (!all && view.value === "all") view.value = "io";
}

/** @param {Exported} found */
function save(found) {
	download(found.name, new Blob([bytes(found)], { type: found.mime }));
}

/** @param {Exported} found @returns {BlobPart} */
function bytes({ text, base64 }) {
	if (text !== undefined) return text;
	const raw = atob(base64 ?? "");
	return Uint8Array.from(raw, (letter) => letter.charCodeAt(0));
}

/** Show what would be saved; what there is to say of it. @param {HTMLElement} preview @param {Exported} found
 * @returns {Promise<string>} */
async function show(preview, found) {
	const size = `${found.name}, ${Math.ceil(new Blob([bytes(found)]).size / 1024)} kB`;
	const svg = found.preview ?? (found.mime === "image/svg+xml" ? found.text : null);
	if (svg || found.mime === "image/png") {
		const data = svg ? `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}` : `data:${found.mime};base64,${found.base64}`;
		const image = h("img", { src: data, alt: `Preview of ${found.name}` });
		preview.replaceChildren(image);
		await image.decode().catch(() => undefined);
		return found.mime === "image/png" ? `${size}, ${image.naturalWidth} × ${image.naturalHeight} pixels` : size;
	}
	const words = found.text ?? "";
	const code = h("pre", { tabindex: 0 });
	code.textContent = words.slice(0, LONGEST) + (words.length > LONGEST ? "\n…" : "");
	preview.replaceChildren(code);
	return size;
}

/** @param {string} label @param {string[][]} choices @param {string} [value] */
function select(label, choices, value = choices[0][0]) {
	const input = h("select", { "aria-label": label }, ...choices.map(([id, title]) => h("option", { value: id }, title)));
	input.value = value;
	h("label.row", {}, h("span", {}, label), input);
	return input;
}

/** @param {string} label */
function check(label) {
	const input = h("input", { type: "checkbox", "aria-label": label });
	h("label.row", {}, input, h("span", {}, label));
	return input;
}

/** @param {string} label @param {Record<string, string | number>} settings */
function number(label, settings) {
	const input = h("input", { type: "number", "aria-label": label, ...settings });
	h("label.row", {}, h("span", {}, label), input);
	return input;
}

/** @param {string} label @param {Record<string, string | number>} settings */
function words(label, settings) {
	const input = h("input", { type: "text", "aria-label": label, ...settings });
	h("label.row", {}, h("span", {}, label), input);
	return input;
}
