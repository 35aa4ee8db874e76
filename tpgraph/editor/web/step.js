/** A step with its rule and formula, as it is seen in a picture and beside it. */

import { h } from "./dom.js";

/** A step with the marks that it makes; null where there is none. @param {Walk} walk @param {number} at
 * @returns {Step | null} */
export function stepOf({ born, steps }, at) {
	if (!steps[at]) return null;
	const lit = Object.keys(born).filter((key) => at > 0 && born[key] === at);
	const done = Object.keys(born).filter((key) => born[key] < at || born[key] === 0);
	return { ...steps[at], at, count: steps.length - 1, lit, done };
}

/** Show what a step makes, and what is still to come as ghosts. @param {Canvas} canvas @param {Step | null} step */
export function lightStep(canvas, step) {
	const kept = step && new Set([...step.done, ...step.lit]);
	const ghosts = kept ? canvas.fragments.filter((f) => !kept.has(f.key) && f.layer !== "contexts") : [];
	canvas.mark("ghost", ghosts.map((f) => f.key));
	canvas.mark("lit", step?.lit ?? []);
}

/** The words of a step between its buttons. @param {Step} step @param {(by: number) => void} go
 * @returns {HTMLElement[]} */
export function stepWords({ at, count, rule, formula }, go) {
	const shown = h("span.formula", { role: "img", "aria-label": formula?.plain ?? "" });
	if (formula?.svg) {
		const parsed = new DOMParser().parseFromString(formula.svg, "image/svg+xml").documentElement;
		shown.append(document.importNode(parsed, true));
	} else if (formula) shown.textContent = formula.plain;
	return [
		h("button", { "aria-label": "Step back", disabled: at === 0, click: () => go(-1) }, "‹"),
		h("span.count", {}, `${at} / ${count}`),
		h("button", { "aria-label": "Step", disabled: at === count, click: () => go(1) }, "›"),
		h("strong.rule", {}, rule), shown,
	];
}
