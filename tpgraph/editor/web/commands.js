/** All commands, and which of them a key or some words mean. */

/** Commands by their menus: id, title, key (with a + where it works beside the picture too), and what it does.
 * Titles and keys stand here alone, for buttons, menus, palette and keys.
 * @type {Record<string, [string, string, string?, string?][]>} */
const MENUS = {
	Make: [
		["declare", "New vector", "d", "vector u : n ~ N(0, 1); double-click on the empty"],
		["declare-trained", "New trained vector", "", "param b : n ~ N(0, 1), which SGD changes"],
		["declare-data", "New input", "", "data ξ : d"],
		["declare-target", "New target", "", "what the output is compared with"],
		["declare-matrix", "New matrix", "", "a matrix for the shelf"],
		["declare-trained-matrix", "New trained matrix", "", "param W : n × n ~ N(0, 1), for the shelf"],
		["declare-scalar", "New scalar", "", "scalar s = 1"],
		["declare-dim", "New dimension", "", "dim d = 64, of an input or output"],
		["declare-const", "New number", "", "const L = 3, as of layers"],
		["declare-fn", "New function", "", "fn φ(z) = tanh(z), of every gate to come"],
		["multiply", "Multiply", "m", "h = W x; drag from a vector into the empty"],
		["gate", "Gate", "g", "y = φ(a + b) of the selected vectors"],
		["bargate", "Bar-gate", "b", "the mean of a product of the selected vectors"],
		["connect", "Connect", "c", "then the letter shown at the gate"],
		["readout", "Read out", "e", "f = V x, an output as long as the target"],
		["loss", "Loss", "l", "(f - y)^2 / 2 of the output; a target y where there is none"],
	],
	Change: [
		["replace", "Replace an input", "x", "then the letter shown at the input"],
		["disconnect", "Disconnect", "", "a line of the selected gate; drag its end off"],
		["edit", "Name or formula", "Enter", "also by double-click"],
		["rename", "Rename", "F2"],
		["name", "Name or unname", "n", "an unnamed vector gets a line of its own, or back"],
		["delete", "Delete", "Delete", "dependants are shown first"],
		["repeat", "Repeat as a loop", "r", "alike lines become for l in 2..L"],
		["write-out", "Write a loop out", "w", "one line for each value"],
		["move", "Move in the text", "", "behind another statement"],
		["trained", "Trained or not", "a", "a param, which SGD changes, or as it was drawn"],
		["train-all", "Train all matrices", "", "each becomes a param"],
		["output", "Output", "o", "f becomes an output, or is none any more"],
		["copy", "Copy", "Ctrl-C"],
		["cut", "Cut", "Ctrl-X"],
		["paste", "Paste", "Ctrl-V"],
		["duplicate", "Duplicate", "Ctrl-D"],
		["select-all", "Select all", "Ctrl-A"],
		["undo", "Undo", "+Ctrl-Z"],
		["redo", "Redo", "+Ctrl-Shift-Z"],
	],
	Look: [
		["inspector", "Inspector", "i"],
		["paths", "Paths", "", "isomorphic ones together; hover one to see it"],
		["find", "Find a mark", "/"],
		["tidy", "Tidy", "t", "lay the picture out from scratch"],
		["view", "Paper view or editing view", "v"],
		["fold", "Fold or unfold", "", "what repeats in plates, or every mark of it"],
		["show-all", "Show all", "0"],
		["zoom-in", "Zoom in", "+"],
		["zoom-out", "Zoom out", "-"],
		["full-screen", "Full screen", "f"],
		["dark", "Dark", "", "b while presenting"],
	],
	Run: [
		["run", "Run at a width", "+Ctrl-Enter", "histograms at every vector, the limit's density over them"],
		["histograms", "Histograms", "h", "show or hide them"],
		["cancel", "Cancel what runs"],
	],
	Step: [
		["step-back", "Step back", "["],
		["step", "Step", "]", "one instruction, with rule and formula"],
		["pass-forward", "Program"],
		["pass-backward", "Backward pass"],
		["pass-sgd", "SGD steps"],
		["pass-ntk", "Tangent kernel"],
		["pass-reduced", "Reduced program"],
		["present", "Present", "p", "full screen, one instruction at a time"],
	],
	File: [
		["save", "Save", "+Ctrl-S"],
		["save-as", "Save as", "+Ctrl-Shift-S", "under another name, or in a folder below"],
		["export", "Export", "+Ctrl-E", "SVG, PDF, PNG, TikZ, DOT, JSON, Python, LaTeX, HTML"],
		["open", "Open", "+Ctrl-O"],
	],
	Help: [
		["palette", "All commands", "+Ctrl-K"],
		["keys", "Show keys", "?"],
		["guide", "The guide", "", "in a window beside this one"],
		["to-text", "Go to the text", "Escape"],
		["next-pane", "Next pane", "+F6"],
	],
};

/** All commands. @type {readonly Command[]} */
export const COMMANDS = Object.entries(MENUS).flatMap(([group, rows]) => rows.map(([id, title, key, hint]) => (
	{ id, title, group, ...(key && { key: key.replace(/^\+(?=.)/, "") }), hint, everywhere: /^\+./.test(key ?? "") })));

/** Commands that change the program. */
export const CHANGES = new Set([...MENUS.Make, ...MENUS.Change].map(([id]) => id));

/** The name of a key with its modifiers, as in the table; Ctrl stands for ⌘ too.
 * @param {{key: string, ctrlKey: boolean, metaKey: boolean, shiftKey: boolean, altKey: boolean}} event */
export function keyName(event) {
	const control = event.ctrlKey || event.metaKey;
	const letter = event.key.length === 1;
	const name = letter && control ? event.key.toUpperCase() : event.key;
	const shift = event.shiftKey && (control || !letter) ? "Shift-" : "";
	return `${control ? "Ctrl-" : ""}${event.altKey ? "Alt-" : ""}${shift}${name}`;
}

const OTHER_NAMES = new Map([["Backspace", "Delete"], ["Ctrl-Y", "Ctrl-Shift-Z"], ["=", "+"]]);

/** The command of a key, where the focus is in the canvas or elsewhere; null for none.
 * @param {Parameters<typeof keyName>[0]} event @param {boolean} onCanvas */
export function commandOf(event, onCanvas) {
	const name = keyName(event);
	const wanted = onCanvas ? OTHER_NAMES.get(name) ?? name : name === "Ctrl-Y" ? "Ctrl-Shift-Z" : name;
	return COMMANDS.find((c) => c.key === wanted && (onCanvas || c.everywhere)) ?? null;
}

/** Commands that match what is typed in the palette, best first. @param {string} words */
export function matching(words) {
	const asked = words.trim().toLowerCase().split(/\s+/);
	/** @param {Command} command */
	const text = (command) => `${command.title} ${command.group} ${command.hint ?? ""}`.toLowerCase();
	const found = COMMANDS.filter((c) => asked.every((word) => text(c).includes(word)));
	const first = asked[0] ?? "";
	return found.sort((a, b) => rank(a, first) - rank(b, first));
}

/** @param {Command} command @param {string} word */
function rank(command, word) {
	const title = command.title.toLowerCase();
	return title.startsWith(word) ? 0 : title.includes(word) ? 1 : 2;
}
