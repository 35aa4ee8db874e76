// @ts-check
/** The inspector: what is declared of the selected mark, each part a field. */

import { h } from "./dom.js";

/** @typedef {{field: string, label: string, value: string, choices?: string[], help?: string}} Row */

export class Inspector {
  /** @param {import("./app.js").App} app @param {HTMLElement} element */
  constructor(app, element) {
    this.app = app;
    this.element = element;
    /** @type {import("./picture.js").Fragment | null} */
    this.fragment = null;
  }

  toggle() {
    this.element.toggleAttribute("hidden");
    this.show(this.fragment);
    if (!this.element.hidden) /** @type {HTMLElement | null} */ (this.element.querySelector("input, select"))?.focus();
  }

  /** @param {import("./picture.js").Fragment | null} fragment */
  async show(fragment) {
    this.fragment = fragment;
    if (this.element.hidden) return;
    if (!fragment) {
      this.element.replaceChildren(h("h2", {}, "Inspector"), h("p", {}, "Select a mark to see what is declared of it."));
      return;
    }
    try {
      const found = await this.app.session.newest("inspect", "select", { text: this.app.text, mark: fragment.key });
      if (found) this.fill(found);
    } catch (error) {
      this.app.failed(error);
    }
  }

  /** @param {{name: string, info: {title: string, rows: Row[], facts: [string, string][]}}} found */
  fill({ name, info }) {
    const rows = (info?.rows ?? []).map((row) => this.field(name, row));
    const facts = (info?.facts ?? []).map(([label, value]) => h("div.fact", {}, h("span", {}, label), h("strong", {}, value)));
    this.element.replaceChildren(h("h2", {}, info?.title ?? name), ...rows, ...facts);
  }

  /** @param {string} name @param {Row} row */
  field(name, row) {
    const said = h("div.refusal", { role: "alert" });
    const input = /** @type {HTMLInputElement | HTMLSelectElement} */ (row.choices
      ? h("select", {}, ...row.choices.map((c) => h("option", { value: c, selected: c === row.value }, c || "none")))
      : h("input", { value: row.value, spellcheck: "false" }));
    input.addEventListener("change", async () => {
      const reason = await this.app.edit({ edit: "set", name, field: row.field, value: input.value });
      said.textContent = reason ?? "";
      if (reason !== null) input.value = row.value;
    });
    return h("label.row", { title: row.help ?? "" }, h("span", {}, row.label), input, said);
  }
}
