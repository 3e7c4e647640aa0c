/** The emoji of the picker in sections, gone through with the arrows. */

import { $, $$, make } from "./dom.js";

export class EmojiGrid {
  /** `choose(sign)`, `name(text)` of what is pointed at, `leave()` upwards. */
  constructor(box, { choose, leave, name }) {
    Object.assign(this, { box, leave, name });
    box.addEventListener("click", ({ target }) => target.sign && choose(target.sign));
    box.addEventListener("keydown", (event) => this.#key(event));
    for (const type of ["focusin", "pointerover"]) {
      box.addEventListener(type, ({ target }) => name(target.title ?? ""));
    }
  }

  get first() {
    return $("button", this.box);
  }

  /** `sections`: pairs of a heading and its entries {sign, name}. */
  show(sections) {
    this.box.replaceChildren(...sections.map(([title, entries]) => this.#section(title, entries)));
    this.box.scrollTop = 0;
    this.name("");
    if (this.first) this.first.tabIndex = 0;
  }

  showGroup(at) {
    this.box.children[at].scrollIntoView({ block: "start" });
    this.#go($("button", this.box.children[at]));
  }

  enter() {
    this.#go(this.first);
  }

  #section(title, entries) {
    const section = make("section");
    if (title) section.append(make("h3", {}, title));
    const cells = make("div", { className: "cells" });
    for (const { sign, name } of entries) {
      const cell = make("button", { type: "button", tabIndex: -1, title: name, sign }, sign);
      cell.ariaLabel = name;
      cells.append(cell);
    }
    section.append(cells);
    section.style.setProperty("--many", entries.length);
    return section;
  }

  #go(cell) {
    if (!cell) return;
    for (const other of $$("[tabindex='0']", this.box)) other.tabIndex = -1;
    cell.tabIndex = 0;
    cell.focus();
    cell.scrollIntoView({ block: "nearest" });
  }

  #key(event) {
    const { target, key } = event;
    const cells = $$("button", this.box);
    const at = cells.indexOf(target);
    if (at < 0 || event.altKey || event.ctrlKey || event.metaKey) return;
    if (key === "ArrowRight") this.#go(cells[at + 1]);
    else if (key === "ArrowLeft") this.#go(cells[at - 1]);
    else if (key === "ArrowDown") this.#go(this.#beside(cells.slice(at + 1), target));
    else if (key === "ArrowUp") {
      const above = this.#beside(cells.slice(0, at).reverse(), target);
      if (above) this.#go(above);
      else this.leave();
    } else if (key.length === 1 && key !== " ") return this.leave(); // and it is written there
    else return;
    event.preventDefault();
  }

  /** The first of `cells` in the next line that stands in the same column, or the line's nearest. */
  #beside(cells, { offsetTop, offsetLeft }) {
    const next = cells.find((cell) => cell.offsetTop !== offsetTop);
    const line = cells.filter((cell) => cell.offsetTop === next?.offsetTop);
    const distance = (cell) => Math.abs(cell.offsetLeft - offsetLeft);
    return line.sort((one, other) => distance(one) - distance(other))[0];
  }
}
