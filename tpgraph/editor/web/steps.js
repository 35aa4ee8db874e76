// @ts-check
/** Stepping through a program one instruction at a time, in the forward, backward and SGD views, and
 * the presentation mode around it. Derived views are read-only: a mark selects its line. */

import { h } from "./dom.js";
import { spanUnits } from "./places.js";

/** @typedef {"forward" | "backward" | "sgd" | "ntk" | "reduced"} Pass */

export class Steps {
  /** @param {import("./app.js").App} app */
  constructor(app) {
    this.app = app;
    /** @type {Pass} */
    this.pass = "forward";
    /** @type {number | null} */
    this.at = null;
    this.count = 0;
    this.presenting = false;
    this.hidden = new Set();
    this.panel = h("div.steps", { hidden: true, "aria-label": "Steps", "aria-live": "polite" });
    app.parts.panels.append(this.panel);
  }

  /** Show the program, or a program derived from it. @param {Pass} pass */
  async show(pass) {
    const { app } = this;
    this.pass = pass;
    this.at = null;
    this.panel.toggleAttribute("hidden", true);
    app.parts.root.classList.toggle("derived", pass !== "forward");
    const text = app.text;
    await app.lane.run(async () => {
      if (pass === "forward") {
        const { view } = await app.session.ask("tidy", { text });
        app.showView(view, text);
      } else {
        const found = await app.session.ask("derive", { text, what: pass, steps: 1, fold: true });
        app.canvas.show(found.picture);
        app.revision = null;
      }
      app.canvas.fit();
    });
    app.say(pass === "forward" ? "the program" : `${pass}: to be read, not changed; [ and ] step through it`);
  }

  /** One instruction on, or back. @param {number} by */
  async go(by) {
    const { app } = this;
    const next = this.at === null ? (by > 0 ? 0 : null) : this.at + by;
    if (next === null || next < 0 || (this.count > 0 && next > this.count)) return;
    const text = app.text;
    const pass = this.pass === "ntk" || this.pass === "reduced" ? "forward" : this.pass;
    const fresh = this.at === null;
    try {
      const found = await app.session.newest("step", "step", { text, pass, steps: 1, at: next });
      if (!found || app.text !== text) return;
      this.at = next;
      this.count = found.count;
      if (found.picture && fresh) {
        app.canvas.show(found.picture);
        app.revision = null;
        app.canvas.fit();
      }
      this.light(found);
    } catch (error) {
      app.failed(error);
    }
  }

  /** @param {{at: number, count: number, lit: string[], done: string[], rule: string, formula: {latex: string, svg: string, plain: string} | null, span: [number, number] | null}} found */
  light({ at, count, lit, done, rule, formula, span }) {
    const { app } = this;
    const kept = new Set([...done, ...lit]);
    app.canvas.mark("ghost", app.canvas.fragments.filter((f) => !kept.has(f.key) && f.layer !== "contexts").map((f) => f.key));
    app.canvas.mark("lit", lit);
    if (span) {
      const units = spanUnits(app.text, span);
      app.pane.select(...units);
      app.pane.light([units]);
    }
    const shown = h("span.formula", { "aria-label": formula?.plain ?? "" });
    if (formula?.svg) {
      const parsed = new DOMParser().parseFromString(formula.svg, "image/svg+xml").documentElement;
      shown.append(document.importNode(parsed, true));
    } else if (formula) shown.textContent = formula.plain;
    this.panel.removeAttribute("hidden");
    this.panel.replaceChildren(
      h("button", { "aria-label": "Step back", click: () => this.go(-1) }, "‹"),
      h("span.count", {}, `${at} / ${count}`),
      h("button", { "aria-label": "Step", click: () => this.go(1) }, "›"),
      h("strong.rule", {}, rule), shown,
      h("button", { click: () => this.end() }, "End"));
  }

  end() {
    this.at = null;
    this.app.canvas.mark("ghost", []);
    this.app.canvas.mark("lit", []);
    this.panel.toggleAttribute("hidden", true);
    if (this.app.revision === null) this.show("forward");
  }

  // ---- presenting

  async present() {
    this.presenting = !this.presenting;
    const { app } = this;
    app.parts.root.classList.toggle("presenting", this.presenting);
    if (this.presenting) {
      await document.documentElement.requestFullscreen?.().catch(() => undefined);
      app.canvas.element.focus();
      app.canvas.fit();
    } else {
      this.hidden.clear();
      app.canvas.mark("hidden-mark", []);
      if (document.fullscreenElement) await document.exitFullscreen();
      document.documentElement.classList.remove("dark");
    }
  }

  /** Keys of the presentation. @param {KeyboardEvent} event */
  key(event) {
    if (!this.presenting) return false;
    const { app } = this;
    const acts = /** @type {Record<string, () => unknown>} */ ({
      ArrowRight: () => this.go(1),
      ArrowLeft: () => this.go(-1),
      b: () => document.documentElement.classList.toggle("dark"),
      t: () => app.parts.root.classList.toggle("with-text"),
      h: () => this.hide(),
      Escape: () => this.present(),
      l: () => this.trace(),
    });
    const act = acts[event.key];
    if (!act) return false;
    event.preventDefault();
    act();
    return true;
  }

  /** Hide the selected marks, or show all that are hidden. */
  hide() {
    const { canvas } = this.app;
    if (canvas.selected.size) canvas.selected.forEach((key) => this.hidden.add(key));
    else this.hidden.clear();
    canvas.mark("hidden-mark", this.hidden);
    canvas.select([]);
  }

  /** A pointer that leaves a fading trace while `l` is held. */
  trace() {
    const { canvas } = this.app;
    if (this.tracing) return;
    const path = canvas.make("polyline", canvas.above);
    path.setAttribute("class", "trace");
    /** @type {[number, number, number][]} */
    let points = [];
    /** @param {PointerEvent} event */
    const move = (event) => points.push([...canvas.worldAt(event.clientX, event.clientY), performance.now()]);
    const draw = () => {
      points = points.filter(([, , time]) => performance.now() - time < 900);
      path.setAttribute("points", points.map(([x, y]) => `${x},${y}`).join(" "));
      if (this.tracing) requestAnimationFrame(draw);
      else path.remove();
    };
    this.tracing = true;
    canvas.element.addEventListener("pointermove", move);
    canvas.element.addEventListener("keyup", () => {
      this.tracing = false;
      canvas.element.removeEventListener("pointermove", move);
    }, { once: true });
    draw();
  }
}
