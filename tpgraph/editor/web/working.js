/** Long work that goes on: how far it is, and a button that ends it. */

import { h } from "./dom.js";

/** What is counted, as it is read. */
const WORDS = /** @type {Record<string, string>} */ ({
	widths: "widths", draws: "matrices drawn", instructions: "instructions run", limits: "limits taken",
	vectors: "vectors described", steps: "steps", passes: "passes laid out", lines: "lines routed", pictures: "pictures",
});

/** How far work is, from 0 to 1: what is inside of a step counts as its share. @param {Stage[]} stages */
export function share(stages) {
	return stages.reduceRight((inner, { done, of }) => (of ? Math.min(done + inner, of) / of : 0), 0);
}

/** @param {Stage[]} stages */
export function shareWords(stages) {
	return stages.map(({ what, done, of }) => `${WORDS[what] ?? what} ${done} of ${of}`).join(", ");
}

/** Something to show while work goes on; `hear` takes what comes of it.
 * @param {string} words @param {() => void} cancel */
export function working(words, cancel) {
	const bar = h("progress", { max: 1, "aria-label": words });
	const far = h("span.detail.far");
	return {
		nodes: [h("span.working", {}, words), bar, far, h("button", { click: cancel }, "Cancel")],
		/** @param {Stage[]} stages */
		hear(stages) {
			bar.value = share(stages);
			far.textContent = shareWords(stages);
		},
	};
}
