/** The text pane: a textarea over a coloured copy, so that caret, input methods and screen reader are the browser's own.
 * Another pane could fill the same interface. */

import { changedLines, colouredLines, letterBefore, shifted, sliderAt } from "./colour.js";
import { focused } from "./dom.js";
import { difference } from "./places.js";

/** @param {Document} document @param {PaneHearers} hear @returns {Pane} */
export function textPane(document, hear) {
	const element = make(document, "div", "text-pane");
	const numbers = make(document, "div", "line-numbers");
	numbers.setAttribute("aria-hidden", "true");
	const sheet = make(document, "div", "text-sheet");
	const copy = make(document, "pre", "text-copy");
	copy.setAttribute("aria-hidden", "true");
	const area = /** @type {HTMLTextAreaElement} */ (make(document, "textarea", "text-area"));
	area.setAttribute("aria-label", "Program text");
	for (const name of ["autocapitalize", "autocomplete", "autocorrect"]) area.setAttribute(name, "off");
	area.spellcheck = false;
	area.wrap = "off";
	sheet.append(copy, area);
	element.append(numbers, sheet);

	let known = "";
	/** @type {Span} */
	let chosen = [0, 0];
	/** @type {Token[]} */
	let tokens = [];
	/** @type {Squiggle[]} */
	let squiggles = [];
	/** @type {Span[]} */
	let lit = [];
	/** @type {string[]} */
	let painted = [];

	function paint() {
		const lines = colouredLines(known, tokens, squiggles, lit);
		const wanted = lines.map((pieces) => JSON.stringify(pieces));
		const [from, before, after] = changedLines(painted, wanted);
		for (let i = from; i < before; i++) copy.children[from].remove();
		const following = copy.children[from] ?? null;
		for (let i = from; i < after; i++) copy.insertBefore(row(document, lines[i]), following);
		while (numbers.childElementCount < lines.length) {
			const number = make(document, "div", "");
			number.textContent = String(numbers.childElementCount + 1);
			numbers.append(number);
		}
		while (numbers.childElementCount > lines.length) numbers.lastElementChild?.remove();
		painted = wanted;
	}

	/** The copy and the numbers scroll as the area does, which tells it before each frame. */
	function fit() {
		copy.style.transform = `translate(${-area.scrollLeft}px, ${-area.scrollTop}px)`;
		numbers.style.transform = `translateY(${-area.scrollTop}px)`;
	}

	/** @param {Patch} patch @param {boolean} [own] @param {string} [title] */
	function replace([start, end, words], own = true, title = "typing") {
		const before = chosen;
		const was = known;
		tokens = shifted(tokens, [start, end, words]);
		squiggles = [];
		known = known.slice(0, start) + words + known.slice(end);
		if (area.value !== known) area.value = known;
		if (own) area.setSelectionRange(start + words.length, start + words.length);
		chosen = [area.selectionStart, area.selectionEnd];
		paint();
		hear.typed(was, [start, end, words], before, title);
	}

	area.addEventListener("beforeinput", (event) => {
		if (event.inputType === "historyUndo" || event.inputType === "historyRedo") {
			event.preventDefault();
			(event.inputType === "historyUndo" ? hear.undo : hear.redo)();
		}
	});
	area.addEventListener("input", () => {
		const patch = difference(known, area.value);
		if (patch) replace(patch, false);
	});
	area.addEventListener("keydown", (event) => {
		if (hear.key(event)) {
			event.preventDefault();
			return;
		}
		const caret = area.selectionStart;
		if ((event.key === " " || event.key === "Tab") && caret === area.selectionEnd) {
			const letter = letterBefore(known, caret);
			if (letter) {
				event.preventDefault();
				replace(letter);
				return;
			}
		}
		if (event.key === "Enter" && !event.ctrlKey && !event.metaKey && !event.isComposing) {
			event.preventDefault();
			replace([area.selectionStart, area.selectionEnd, "\n" + indentAt(known, area.selectionStart)]);
		} else if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
			if (slide(event.key === "ArrowUp" ? 1 : -1, caret)) event.preventDefault();
		} else if (event.key === " " && event.ctrlKey) {
			event.preventDefault();
			hear.complete(caret);
		}
	});

	/** @param {number} by @param {number} caret */
	function slide(by, caret) {
		const found = sliderAt(known, caret);
		if (!found) return false;
		const value = String(Math.max(1, found.value + by));
		if (value === known.slice(found.start, found.end)) return true;
		replace([found.start, found.end, value], true, `slider: ${found.name} = ${value}`);
		area.setSelectionRange(found.start, found.start + value.length);
		hear.slid();
		return true;
	}

	/** @type {{x: number, start: number, value: number} | null} */
	let dragged = null;
	area.addEventListener("pointerdown", (event) => {
		const at = event.altKey ? offsetAt(event) : null;
		const found = at === null ? null : sliderAt(known, at);
		if (!found) return;
		event.preventDefault();
		dragged = { x: event.clientX, start: found.start, value: found.value };
		area.setPointerCapture(event.pointerId);
		element.classList.add("sliding");
	});
	area.addEventListener("pointermove", (event) => {
		if (dragged) {
			const value = Math.max(1, dragged.value + Math.round((event.clientX - dragged.x) / 8));
			const now = sliderAt(known, dragged.start);
			if (now && value !== now.value) slide(value - now.value, dragged.start);
			return;
		}
		hear.hover(offsetAt(event), area.getBoundingClientRect());
	});
	for (const name of /** @type {const} */ (["pointerup", "pointercancel"])) {
		area.addEventListener(name, () => {
			dragged = null;
			element.classList.remove("sliding");
		});
	}
	area.addEventListener("pointerleave", () => hear.hover(null, area.getBoundingClientRect()));
	area.addEventListener("scroll", fit);
	/** Whether the caret is here, in a shadow tree too. */
	const isFocused = () => focused(area) === area;
	document.addEventListener("selectionchange", () => {
		if (!isFocused()) return;
		const now = /** @type {Span} */ ([area.selectionStart, area.selectionEnd]);
		if (now[0] === chosen[0] && now[1] === chosen[1]) return;
		chosen = now;
		hear.selected();
	});

	/** The offset under the pointer, by the metrics of the monospaced copy.
	 * @param {PointerEvent} event @returns {number | null} */
	function offsetAt(event) {
		const box = area.getBoundingClientRect();
		const style = getComputedStyle(area);
		const height = parseFloat(style.lineHeight);
		const line = Math.floor((event.clientY - box.top - parseFloat(style.paddingTop) + area.scrollTop) / height);
		const rows = known.split("\n");
		if (line < 0 || line >= rows.length) return null;
		const width = letterWidth(style.font);
		const column = Math.round((event.clientX - box.left - parseFloat(style.paddingLeft) + area.scrollLeft) / width);
		if (column < 0 || column > rows[line].length) return null;
		return rows.slice(0, line).reduce((sum, words) => sum + words.length + 1, 0) + column;
	}

	/** @type {Map<string, number>} */
	const widths = new Map();
	/** @param {string} font */
	function letterWidth(font) {
		const found = widths.get(font);
		if (found) return found;
		const context = document.createElement("canvas").getContext("2d");
		if (!context) return 8;
		context.font = font;
		const width = context.measureText("0".repeat(64)).width / 64;
		widths.set(font, width);
		return width;
	}

	return {
		element,
		get text() {
			return known;
		},
		/** @returns {Span} */
		get selection() {
			return isFocused() ? [area.selectionStart, area.selectionEnd] : chosen;
		},
		show(text, selection = chosen) {
			const patch = difference(known, text);
			if (patch) tokens = shifted(tokens, patch);
			dragged = null; // its number may be elsewhere now
			known = text;
			squiggles = [];
			lit = [];
			area.value = text;
			area.setSelectionRange(...selection);
			chosen = selection;
			paint();
		},
		colour(newTokens, newSquiggles) {
			tokens = newTokens;
			squiggles = newSquiggles;
			paint();
		},
		light(spans) {
			if (spans.length + lit.length === 0) return;
			lit = spans;
			paint();
		},
		select(start, end, focus = false) {
			chosen = [start, end];
			area.setSelectionRange(start, end);
			if (focus) area.focus();
			reveal(area, known, start);
		},
		focus: () => area.focus(),
	};
}

/** The spaces that a new line begins with: those of its line, and four more behind a colon.
 * @param {string} text @param {number} at */
export function indentAt(text, at) {
	const line = text.slice(text.lastIndexOf("\n", at - 1) + 1, at);
	const spaces = /^ */.exec(line)?.[0] ?? "";
	return /:\s*(#.*)?$/.test(line) && /^\s*for\b/.test(line) ? spaces + "    " : spaces;
}

/** Scroll so that an offset is seen.
 * @param {HTMLTextAreaElement} area @param {string} text @param {number} at */
function reveal(area, text, at) {
	const height = parseFloat(getComputedStyle(area).lineHeight);
	const top = (text.slice(0, at).split("\n").length - 1) * height;
	if (top < area.scrollTop) area.scrollTop = top;
	else if (top + 2 * height > area.scrollTop + area.clientHeight) {
		area.scrollTop = top + 2 * height - area.clientHeight;
	}
}

/** @param {Document} document @param {[string, string][]} pieces */
function row(document, pieces) {
	const line = make(document, "div", "text-line");
	for (const [words, classes] of pieces) {
		if (classes) {
			const span = make(document, "span", classes);
			span.textContent = words;
			line.append(span);
		} else line.append(words);
	}
	if (pieces.length === 0) line.append("\u200b");
	return line;
}

/** @param {Document} document @param {string} tag @param {string} classes */
function make(document, tag, classes) {
	const element = document.createElement(tag);
	if (classes) element.className = classes;
	return element;
}
