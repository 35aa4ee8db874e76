/** The bar between text and picture, drawn or moved by arrow keys. */

/** @param {HTMLElement} bar */
export function split(bar) {
	const body = /** @type {HTMLElement} */ (bar.parentElement);
	/** @param {number} share */
	const set = (share) => {
		const fit = Math.min(70, Math.max(15, share));
		body.style.setProperty("--text-share", `${fit}%`);
		bar.setAttribute("aria-valuenow", String(Math.round(fit)));
	};
	bar.addEventListener("pointerdown", (event) => {
		bar.setPointerCapture(event.pointerId);
		bar.onpointermove = (move) => {
			const box = body.getBoundingClientRect();
			set((100 * (move.clientX - box.left)) / box.width);
		};
		bar.onpointerup = () => (bar.onpointermove = null);
	});
	bar.addEventListener("keydown", (event) => {
		const now = parseFloat(body.style.getPropertyValue("--text-share") || "36");
		if (event.key === "ArrowLeft") set(now - 2);
		else if (event.key === "ArrowRight") set(now + 2);
		else return;
		event.stopPropagation();
	});
}
