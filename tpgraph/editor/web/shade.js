/** Light or dark: as what surrounds the editor is, until somebody chose otherwise. */

/** A choice is kept in a cookie, since every start of the editor has a port of its own, which cookies do not know. */
const CHOICE = "tpgraph-shade";
const YEAR = 365 * 24 * 3600;

/** Whether dark was chosen; null where nothing was, undefined until that is looked up. @type {boolean | null | undefined} */
let chosen;
/** What follows a choice. @type {Shade[]} */
const SHADES = [];

export class Shade {
	/** @param {HTMLElement} root @param {Surroundings} [around] what is dark or not, and tells when that changes */
	constructor(root, around = matchMedia("(prefers-color-scheme: dark)")) {
		this.root = root;
		this.around = around;
		around.addEventListener("change", () => this.show());
		SHADES.push(this);
		this.show();
	}

	/** As it was chosen, else as it is around. */
	show() {
		chosen = chosen === undefined ? kept() : chosen;
		this.root.classList.toggle("dark", chosen ?? this.around.matches);
	}

	/** Choose the other one for all; where that is as it is around, it is followed again. */
	turn() {
		const isDark = !this.root.classList.contains("dark");
		chosen = isDark === this.around.matches ? null : isDark;
		keep(chosen);
		for (const one of SHADES) one.show();
	}
}

function kept() {
	const found = cookies().split("; ").find((one) => one.startsWith(`${CHOICE}=`));
	return found ? found.endsWith("=dark") : null;
}

/** @param {boolean | null} isDark */
function keep(isDark) {
	const value = isDark === null ? "; Max-Age=0" : `${isDark ? "dark" : "light"}; Max-Age=${YEAR}`;
	cookies(`${CHOICE}=${value}; Path=/; SameSite=Strict`);
}

/** The page's cookies, after another is set. Frames without an origin, as notebooks may have, keep none.
 * @param {string} [set] */
function cookies(set) {
	try {
		if (set) document.cookie = set;
		return document.cookie;
	} catch {
		return "";
	}
}
