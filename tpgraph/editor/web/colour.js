/** A text as coloured lines: what the copy behind the textarea shows. */

/** The pieces of each line, as [text, classes].
 * @param {string} text @param {readonly Token[]} tokens @param {readonly Squiggle[]} squiggles
 * @param {readonly Span[]} [lit] spans to be marked
 * @returns {[string, string][][]} */
export function colouredLines(text, tokens, squiggles, lit = []) {
	const cuts = new Set([0, text.length]);
	const ranges = [
		...tokens,
		...squiggles.map((s) => [...seen(s, text), s.warning ? "doubt" : "fault"]),
		...lit.map(([start, end]) => [start, end, "lit"]),
	];
	for (const [start, end] of ranges) cuts.add(Number(start)).add(Number(end));
	for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) cuts.add(at).add(at + 1);
	const places = [...cuts].filter((at) => at >= 0 && at <= text.length).sort((a, b) => a - b);
	const open = /** @type {Patch[]} */ (ranges).sort((a, b) => a[0] - b[0]);
	/** @type {[string, string][][]} */
	const lines = [[]];
	/** @type {Patch[]} */
	let active = [];
	let next = 0;
	for (let i = 0; i + 1 < places.length; i++) {
		const [from, to] = [places[i], places[i + 1]];
		while (next < open.length && open[next][0] <= from) active.push(open[next++]);
		active = active.filter((range) => range[1] > from);
		const words = text.slice(from, to);
		if (words === "\n") lines.push([]);
		else lines[lines.length - 1].push([words, active.map((range) => range[2]).join(" ")]);
	}
	return lines;
}

/** The letters under a squiggle: a place without any, as at the end of a line, is shown on the one
 * before. @param {Squiggle} squiggle @param {string} text @returns {Span} */
function seen({ start, end }, text) {
	const empty = text.slice(start, end).trim() === "";
	if (empty && start > 0 && (text[start] ?? "\n") === "\n" && text[start - 1] !== "\n") return [start - 1, start];
	return [start, Math.max(end, start + 1)];
}

/** Which lines of two lists differ: [first, last before, last after], ends exclusive.
 * @param {readonly string[]} before @param {readonly string[]} after
 * @returns {[number, number, number]} */
export function changedLines(before, after) {
	const shorter = Math.min(before.length, after.length);
	let head = 0;
	while (head < shorter && before[head] === after[head]) head++;
	let tail = 0;
	while (tail < shorter - head && before.at(-1 - tail) === after.at(-1 - tail)) tail++;
	return [head, before.length - tail, after.length - tail];
}

/** Tokens moved by a change, so that colours follow the typing before the session answers.
 * @param {readonly Token[]} tokens @param {Patch} patch @returns {Token[]} */
export function shifted(tokens, [start, end, words]) {
	const by = words.length - (end - start);
	return tokens.flatMap(([from, to, kind]) => {
		if (to <= start) return [/** @type {Token} */ ([from, to, kind])];
		if (from >= end) return [/** @type {Token} */ ([from + by, to + by, kind])];
		const last = Math.max(from, to + by);
		return last > from ? [/** @type {Token} */ ([from, last, kind])] : [];
	});
}

const LETTERS = new Map(
	"alpha α beta β gamma γ delta δ epsilon ε zeta ζ eta η theta θ iota ι kappa κ lambda λ mu μ nu ν xi ξ pi π rho ρ sigma σ tau τ phi φ chi χ psi ψ omega ω Gamma Γ Delta Δ Theta Θ Lambda Λ Xi Ξ Pi Π Sigma Σ Phi Φ Psi Ψ Omega Ω sqrt √ times ×"
		.split(" ")
		.reduce((pairs, word, i, all) => (i % 2 ? pairs : [...pairs, [word, all[i + 1]]]), /** @type {[string, string][]} */ ([])),
);

/** `\xi` before the caret as the letter it names; null where there is none.
 * @param {string} text @param {number} caret @returns {Patch | null} */
export function letterBefore(text, caret) {
	const found = /\\([A-Za-z]+)$/.exec(text.slice(Math.max(0, caret - 12), caret));
	const letter = found && LETTERS.get(found[1]);
	return found && letter ? [caret - found[0].length, caret, letter] : null;
}

/** The number of a `const` or `dim` line around the caret, for the slider.
 * @param {string} text @param {number} caret
 * @returns {{start: number, end: number, name: string, value: number} | null} */
export function sliderAt(text, caret) {
	const from = text.lastIndexOf("\n", caret - 1) + 1;
	const to = text.indexOf("\n", caret) < 0 ? text.length : text.indexOf("\n", caret);
	const line = /^(\s*(?:const|dim)\s+(\S+)\s*=\s*)(\d+)(?![\d.])/u.exec(text.slice(from, to));
	if (!line) return null;
	const start = from + line[1].length;
	const end = start + line[3].length;
	return caret >= start - 1 && caret <= end + 1 ? { start, end, name: line[2], value: Number(line[3]) } : null;
}
