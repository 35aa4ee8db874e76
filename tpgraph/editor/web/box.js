// @ts-check
/** A box of one line over the picture: names, formulas, what to find. */

import { h } from "./dom.js";
import { letterBefore } from "./colour.js";

/** What was typed, or null for Escape. Refusals stand under the box, which stays open.
 * @param {HTMLElement} parent @param {object} how
 * @param {string} how.label @param {string} how.value @param {number} how.x @param {number} how.y
 * @param {[number, number]} [how.selection] @param {readonly string[]} [how.choices]
 * @param {(value: string) => Promise<string | null>} how.accept the reason it is refused, or null */
export function lineBox(parent, { label, value, x, y, selection, choices = [], accept }) {
  return new Promise((resolve) => {
    const input = /** @type {HTMLInputElement} */ (h("input", { "aria-label": label, value, spellcheck: "false", autocomplete: "off" }));
    const said = h("div.refusal", { role: "alert" });
    const list = h("datalist#line-box-choices", {}, ...choices.map((c) => h("option", { value: c })));
    if (choices.length) input.setAttribute("list", "line-box-choices");
    const box = h("form.line-box", {}, h("label", {}, label), input, list, said);
    box.style.left = `${Math.max(8, x)}px`;
    box.style.top = `${Math.max(8, y)}px`;
    let open = true;
    /** @param {string | null} result */
    const close = (result) => {
      if (!open) return;
      open = false;
      box.remove();
      resolve(result);
    };
    box.addEventListener("submit", async (event) => {
      event.preventDefault();
      const reason = await accept(input.value);
      if (reason === null) close(input.value);
      else said.textContent = reason;
    });
    input.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Escape") close(null);
      const caret = input.selectionStart ?? 0;
      const letter = event.key === " " ? letterBefore(input.value, caret) : null;
      if (letter) {
        event.preventDefault();
        input.setRangeText(letter[2], letter[0], letter[1], "end");
      }
    });
    input.addEventListener("blur", () => setTimeout(() => document.hasFocus() && close(null), 150));
    parent.append(box);
    input.value = value;
    input.focus();
    input.setSelectionRange(...(selection ?? [0, value.length]));
  });
}

/** The list of commands that are typed for. @param {HTMLElement} parent
 * @param {(words: string) => {id: string, title: string, detail: string, key?: string}[]} find
 * @param {string} label @returns {Promise<string | null>} */
export function picker(parent, find, label) {
  return new Promise((resolve) => {
    const input = /** @type {HTMLInputElement} */ (h("input", { role: "combobox", "aria-label": label, "aria-expanded": "true", "aria-controls": "picker-list", autocomplete: "off" }));
    const list = h("ul#picker-list", { role: "listbox", "aria-label": label });
    const box = h("div.picker", {}, input, list);
    /** @type {ReturnType<typeof find>} */
    let found = [];
    let at = 0;
    let open = true;
    /** @param {string | null} id */
    const close = (id) => {
      if (!open) return;
      open = false;
      box.remove();
      resolve(id);
    };
    const show = () => {
      found = find(input.value);
      at = Math.min(at, Math.max(0, found.length - 1));
      list.replaceChildren(...found.map((item, i) =>
        h("li", { id: `picker-${i}`, role: "option", "aria-selected": String(i === at), click: () => close(item.id) },
          h("span.title", {}, item.title), h("span.detail", {}, item.detail), ...(item.key ? [h("kbd", {}, item.key)] : []))));
      input.setAttribute("aria-activedescendant", found.length ? `picker-${at}` : "");
      list.children[at]?.scrollIntoView({ block: "nearest" });
    };
    input.addEventListener("input", () => {
      at = 0;
      show();
    });
    input.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Escape") close(null);
      else if (event.key === "Enter") close(found[at]?.id ?? null);
      else if (event.key === "ArrowDown") at = Math.min(at + 1, found.length - 1);
      else if (event.key === "ArrowUp") at = Math.max(at - 1, 0);
      else return;
      event.preventDefault();
      if (open) show();
    });
    input.addEventListener("blur", () => setTimeout(() => close(null), 150));
    parent.append(box);
    input.focus();
    show();
  });
}
