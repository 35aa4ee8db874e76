// @ts-check
/** The export dialog: each format with a preview and its options. */

import { dialog, h } from "./dom.js";
import { download } from "./layout.js";
import { refusalText } from "./app.js";
import { Refused } from "./api.js";

/** Format, title, whether it is a picture. @type {[string, string, boolean][]} */
export const FORMATS = [
  ["svg", "SVG", true], ["pdf", "PDF", true], ["png", "PNG", true], ["tex", "TikZ (LaTeX)", true],
  ["dot", "DOT", true], ["json", "Scene as JSON", true], ["tp", "Program text", false],
  ["py", "Python (numpy)", false], ["latex", "LaTeX listing", false], ["html", "One HTML page", true],
];

/** @param {import("./app.js").App} app */
export function exportDialog(app) {
  return dialog("Export", (close) => {
    const format = select("Format", FORMATS.map(([id, title]) => [id, title]));
    const theme = select("Theme", [["paper", "paper"], ["teaching", "teaching"], ["dark", "dark"]]);
    const direction = select("Direction", ["LR", "TB", "BT", "RL"].map((d) => [d, d]));
    const pass = select("Of", [["forward", "the program"], ["backward", "its backward pass"], ["sgd", "an SGD step"]]);
    const fold = check("Fold what repeats");
    const io = check("Data, readout and loss");
    const legend = check("Legend");
    const preview = h("div.export-preview", { role: "img", "aria-label": "Preview" });
    const said = h("div.refusal", { role: "alert" });
    /** @type {{name: string, mime: string, text?: string, base64?: string} | null} */
    let found = null;
    const update = async () => {
      said.textContent = "";
      try {
        found = await app.session.newest("export", "export", {
          text: app.text, name: app.name, format: format.value,
          options: { theme: theme.value, direction: direction.value, fold: fold.checked, show_io: io.checked, legend: legend.checked, of: pass.value },
        });
        if (found) show(preview, found);
      } catch (error) {
        found = null;
        if (!(error instanceof Refused)) throw error;
        said.textContent = refusalText(error.refusal);
        preview.replaceChildren();
      }
    };
    for (const input of [format, theme, direction, pass, fold, io, legend]) input.addEventListener("change", update);
    update();
    return [
      h("div.export-options", {}, ...[format, theme, direction, pass, fold, io, legend].map((i) => /** @type {Node} */ (i.parentElement))),
      preview, said,
      h("div.buttons", {},
        h("button.primary", { click: () => { if (found) { save(found); close(true); } } }, "Download"),
        h("button", { click: () => close(null) }, "Close")),
    ];
  }, { wide: true });
}

/** @param {{name: string, mime: string, text?: string, base64?: string}} found */
function save(found) {
  download(found.name, new Blob([bytes(found)], { type: found.mime }));
}

/** @param {{text?: string, base64?: string}} found @returns {BlobPart} */
function bytes({ text, base64 }) {
  if (text !== undefined) return text;
  const raw = atob(base64 ?? "");
  return Uint8Array.from(raw, (letter) => letter.charCodeAt(0));
}

/** @param {HTMLElement} preview @param {{name: string, mime: string, text?: string, base64?: string}} found */
function show(preview, found) {
  if (found.mime === "image/svg+xml" || found.mime === "image/png") {
    const data = found.text !== undefined ? `data:image/svg+xml;charset=utf-8,${encodeURIComponent(found.text)}` : `data:${found.mime};base64,${found.base64}`;
    preview.replaceChildren(h("img", { src: data, alt: `Preview of ${found.name}` }));
  } else if (found.text !== undefined) {
    const code = h("pre", { tabindex: 0 });
    code.textContent = found.text.slice(0, 20_000);
    preview.replaceChildren(code);
  } else preview.replaceChildren(h("p", {}, `${found.name}, ${Math.round(((found.base64?.length ?? 0) * 3) / 4096)} kB`));
}

/** @param {string} label @param {string[][]} choices */
function select(label, choices) {
  const input = /** @type {HTMLSelectElement} */ (h("select", {}, ...choices.map(([value, title]) => h("option", { value }, title))));
  h("label.row", {}, h("span", {}, label), input);
  return input;
}

/** @param {string} label */
function check(label) {
  const input = /** @type {HTMLInputElement} */ (h("input", { type: "checkbox" }));
  h("label.row", {}, input, h("span", {}, label));
  return input;
}
