/** All commands: their titles, keys and conditions stand once, for buttons, menus, palette and keys. */

/** @type {readonly Command[]} */
export const COMMANDS = [
	{ id: "declare", title: "New vector", group: "Make", key: "d", hint: "vector u : n ~ N(0, 1); double-click on the empty" },
	{ id: "declare-data", title: "New input", group: "Make", hint: "data ξ : d" },
	{ id: "declare-target", title: "New target", group: "Make", hint: "what the output is compared with" },
	{ id: "declare-matrix", title: "New matrix", group: "Make", hint: "a matrix for the shelf" },
	{ id: "declare-scalar", title: "New scalar", group: "Make" },
	{ id: "declare-dim", title: "New dimension", group: "Make", hint: "dim d = 64, of an input or output" },
	{ id: "declare-const", title: "New number", group: "Make", hint: "const L = 3, as of layers" },
	{ id: "declare-fn", title: "New function", group: "Make", hint: "fn φ(z) = tanh(z), of every gate to come" },
	{ id: "multiply", title: "Multiply", group: "Make", key: "m", hint: "h = W x; drag from a vector into the empty" },
	{ id: "gate", title: "Gate", group: "Make", key: "g", hint: "y = φ(a + b) of the selected vectors" },
	{ id: "bargate", title: "Bar-gate", group: "Make", key: "b", hint: "the mean of a product of the selected vectors" },
	{ id: "connect", title: "Connect", group: "Make", key: "c", hint: "then the letter shown at the gate" },
	{ id: "replace", title: "Replace an input", group: "Change", key: "x", hint: "then the letter shown at the input" },
	{ id: "disconnect", title: "Disconnect", group: "Change", hint: "a line of the selected gate; drag its end off" },
	{ id: "edit", title: "Name or formula", group: "Change", key: "Enter", hint: "also by double-click" },
	{ id: "rename", title: "Rename", group: "Change", key: "F2" },
	{ id: "name", title: "Name or unname", group: "Change", key: "n", hint: "an unnamed vector gets a line of its own, or back" },
	{ id: "delete", title: "Delete", group: "Change", key: "Delete", hint: "dependants are shown first" },
	{ id: "repeat", title: "Repeat as a loop", group: "Change", key: "r", hint: "alike lines become for l in 2..L" },
	{ id: "write-out", title: "Write a loop out", group: "Change", key: "w", hint: "one line for each value" },
	{ id: "move", title: "Move in the text", group: "Change", hint: "behind another statement" },
	{ id: "output", title: "Output", group: "Change", key: "o", hint: "f becomes an output, or is none any more" },
	{ id: "inspector", title: "Inspector", group: "Look", key: "i" },
	{ id: "copy", title: "Copy", group: "Change", key: "Ctrl-C" },
	{ id: "cut", title: "Cut", group: "Change", key: "Ctrl-X" },
	{ id: "paste", title: "Paste", group: "Change", key: "Ctrl-V" },
	{ id: "duplicate", title: "Duplicate", group: "Change", key: "Ctrl-D" },
	{ id: "select-all", title: "Select all", group: "Change", key: "Ctrl-A" },
	{ id: "undo", title: "Undo", group: "Change", key: "Ctrl-Z", everywhere: true },
	{ id: "redo", title: "Redo", group: "Change", key: "Ctrl-Shift-Z", everywhere: true },
	{ id: "paths", title: "Paths", group: "Look", hint: "isomorphic ones together; hover one to see it" },
	{ id: "find", title: "Find a mark", group: "Look", key: "/" },
	{ id: "tidy", title: "Tidy", group: "Look", key: "t", hint: "lay the picture out from scratch" },
	{ id: "view", title: "Paper view or editing view", group: "Look", key: "v" },
	{ id: "show-all", title: "Show all", group: "Look", key: "0" },
	{ id: "zoom-in", title: "Zoom in", group: "Look", key: "+" },
	{ id: "zoom-out", title: "Zoom out", group: "Look", key: "-" },
	{ id: "full-screen", title: "Full screen", group: "Look", key: "f" },
	{ id: "run", title: "Run at a width", group: "Run", key: "Ctrl-Enter", everywhere: true, hint: "histograms at every vector, the limit's density over them" },
	{ id: "histograms", title: "Histograms", group: "Run", key: "h", hint: "show or hide them" },
	{ id: "cancel", title: "Cancel what runs", group: "Run" },
	{ id: "step-back", title: "Step back", group: "Step", key: "[" },
	{ id: "step", title: "Step", group: "Step", key: "]", hint: "one instruction, with rule and formula" },
	{ id: "pass-forward", title: "Program", group: "Step" },
	{ id: "pass-backward", title: "Backward pass", group: "Step" },
	{ id: "pass-sgd", title: "SGD steps", group: "Step" },
	{ id: "pass-ntk", title: "Tangent kernel", group: "Step" },
	{ id: "pass-reduced", title: "Reduced program", group: "Step" },
	{ id: "present", title: "Present", group: "Step", key: "p", hint: "full screen, one instruction at a time" },
	{ id: "dark", title: "Dark", group: "Look", hint: "b while presenting" },
	{ id: "save", title: "Save", group: "File", key: "Ctrl-S", everywhere: true },
	{ id: "export", title: "Export", group: "File", key: "Ctrl-E", everywhere: true, hint: "SVG, PDF, PNG, TikZ, DOT, JSON, Python, LaTeX, HTML" },
	{ id: "open", title: "Open", group: "File", key: "Ctrl-O", everywhere: true },
	{ id: "palette", title: "All commands", group: "Help", key: "Ctrl-K", everywhere: true },
	{ id: "keys", title: "Show keys", group: "Help", key: "?" },
	{ id: "to-text", title: "Go to the text", group: "Help", key: "Escape" },
	{ id: "next-pane", title: "Next pane", group: "Help", key: "F6", everywhere: true },
];

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
