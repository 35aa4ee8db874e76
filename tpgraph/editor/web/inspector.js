/** The inspector: what is declared of the selected mark or matrix, each part a field; without one, what
 * the program defines beside them. */

import { failure } from "./api.js";
import { pad } from "./box.js";
import { derivedText, rename } from "./boxes.js";
import { focused, h } from "./dom.js";
import { opens } from "./opens.js";

const LATE = 400; // milliseconds after which fields of something else go

export class Inspector {
	/** @param {App} app @param {HTMLElement} element */
	constructor(app, element) {
		this.app = app;
		this.element = element;
		/** @type {Fragment | null} */
		this.fragment = null;
		/** What the fields are of. @type {string | null} */
		this.of = null;
		/** @type {HTMLInputElement | null} */
		this.written = null;
		element.addEventListener("focusin", (event) => {
			if (event.target instanceof HTMLInputElement && event.target.type !== "radio") this.written = event.target;
		});
		element.addEventListener("keydown", (event) => {
			if (event.key !== "Escape") return;
			event.stopPropagation();
			const field = event.target;
			if (field instanceof HTMLInputElement && field.type === "text") field.value = field.defaultValue; // what was written is not meant
			app.canvas.element.focus();
			this.show(this.fragment);
		});
	}

	toggle() {
		if (this.element.hidden) opens(this.app.parts.root, this.reveal(), () => this.focus());
		else {
			if (this.element.contains(focused(this.element))) this.app.canvas.element.focus();
			this.element.hidden = true;
		}
	}

	/** Open it on what is selected. */
	reveal() {
		this.element.hidden = false;
		return this.show(this.app.chosen.at(-1) ?? null);
	}

	/** Go to a field, or to the first. @param {string | null} [name] what the field is of */
	focus(name) {
		const fields = /** @type {NodeListOf<HTMLInputElement>} */ (this.element.querySelectorAll("input[data-row]"));
		const own = [...fields].find((field) => field.dataset.row?.startsWith(`${name} `)) ?? fields[0];
		own?.focus();
		own?.select();
	}

	/** @param {Fragment | null} fragment */
	async show(fragment) {
		this.fragment = fragment;
		if (this.element.hidden) return;
		const { app } = this;
		if (fragment && !fragment.name && derivedText(app)) return this.empty(derivedText(app));
		const what = !fragment ? {} : fragment.name ? { name: fragment.name } : { mark: fragment.key };
		const key = fragment?.key ?? "";
		const late = setTimeout(() => key === this.of || this.empty("is being looked up…"), LATE);
		try {
			const found = await app.session.newest("inspect", "select", { text: app.text, ...what });
			if (found) this.fill(found);
			if (found) this.of = key;
		} catch (error) {
			this.empty(failure(error), h("button", { click: () => this.show(this.fragment) }, "Ask again"));
			app.failed(error);
		} finally {
			clearTimeout(late);
		}
	}

	/** Say why nothing is known of what is selected. @param {string} words @param {Node[]} more */
	empty(words, ...more) {
		this.of = null;
		const { fragment } = this;
		this.element.replaceChildren(h("h2", {}, fragment?.said ?? "Inspector"), h("p.refusal", { role: "status" }, words), ...more, h("p", {}, fragment?.title ?? ""), this.close());
	}

	/** What has the focus keeps it, with what was written there meanwhile.
	 * @param {{name: string, info: {title: string, rows: Row[], facts: [string, string][], words: string[]}}} found */
	fill({ name, info }) {
		const { fragment } = this;
		const before = /** @type {HTMLInputElement | null} */ (focused(this.element));
		const kept = before && this.element.contains(before) ? { row: before.dataset.row, value: before.value, typed: before.type === "text" && before.value !== before.defaultValue, caret: before.selectionStart, to: before.selectionEnd } : null;
		const title = fragment?.name ? h("button.rename", { title: "Rename", click: () => rename(this.app, fragment) }, info.title) : info.title;
		this.element.replaceChildren(h("h2", {}, title), ...info.rows.map((row) => this.field(row.name ?? name, row)),
			...info.facts.map(([label, value]) => h("div.fact", {}, h("span", {}, label), h("strong", {}, value))),
			pad(() => this.written, info.words, () => this.written?.dispatchEvent(new Event("change"))), this.close());
		if (!kept) return;
		const fields = /** @type {HTMLInputElement[]} */ ([...this.element.querySelectorAll("[data-row]")]);
		const now = fields.find((field) => field.dataset.row === kept.row && (field.type !== "radio" || field.checked));
		(now ?? this.element.querySelector("button"))?.focus();
		if (!now || !kept.typed) return;
		now.select();
		document.execCommand("insertText", false, kept.value); // as if typed: a value that is set is no change to the browser
		now.setSelectionRange(kept.caret, kept.to);
	}

	/** What closes it, where it covers the text as well. */
	close() {
		return h("button.close", { "aria-label": "Close the inspector", click: () => this.toggle() }, "×");
	}

	/** @param {string} name @param {Row} row */
	field(name, row) {
		const said = h("div.refusal", { role: "alert" });
		const key = `${name} ${row.field}`;
		let asked = row.value;
		/** @param {HTMLInputElement} input */
		const set = async (input) => {
			if (input.value === asked) return;
			asked = input.value;
			const reason = await this.app.edit({ edit: "set", name, field: row.field, value: input.value });
			said.textContent = reason ?? "";
			if (reason !== null && row.choices) this.show(this.fragment);
		};
		if (row.choices) {
			return h("fieldset.row", {}, h("legend", {}, row.label), h("div.choices", {}, ...row.choices.map(([value, called]) =>
				h("label", {}, h("input", { type: "radio", name: key, value, checked: value === row.value, "data-row": key, change: (/** @type {Event} */ e) => set(/** @type {HTMLInputElement} */ (e.target)) }), called))), said);
		}
		const input = h("input", { value: row.value, spellcheck: "false", "data-row": key, "aria-label": row.label, change: () => set(input) });
		const mark = /** @type {Fragment} */ ({ name: row.name, x: 0, y: 0 });
		const label = row.name ? h("button.rename", { title: "Rename", "data-row": `${key} name`, click: () => rename(this.app, mark) }, row.label) : h("span", {}, row.label);
		return h("div.row", {}, label, input, said);
	}
}
