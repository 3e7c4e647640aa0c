/** Lists of what may be meant while :na or @na is being written. */

import { completeEmoji } from "./complete-emoji.js";
import { completeNames } from "./complete-names.js";
import { copyOf, make } from "./dom.js";
import { insert, isComposing } from "./textarea.js";

/** Each finds `{label, text, sign | picture, note}` for what `begun` has in its second group; the
    text takes the place of the first. */
const SOURCES = [completeEmoji, completeNames];

/** Offer what may be meant in `textarea`. */
export class Completion {
  #begun = null;
  #at = 0;

  constructor(textarea) {
    this.textarea = textarea;
    this.list = copyOf("completion");
    this.list.id = `${textarea.id}-completion`;
    textarea.before(this.list);
    textarea.setAttribute("aria-controls", this.list.id);
    textarea.setAttribute("aria-autocomplete", "list");
    textarea.addEventListener("input", (event) => event.isComposing || this.#look());
    // What an input method has written is there when it ends.
    textarea.addEventListener("compositionend", () => this.#look());
    // Before the composer: an Enter that chooses is not one that sends.
    textarea.addEventListener("keydown", (event) => this.#key(event), { capture: true });
    textarea.addEventListener("blur", () => this.#close());
    // A press must not take the focus away before it is a click.
    this.list.addEventListener("pointerdown", (event) => event.preventDefault());
    this.list.addEventListener("click", ({ target }) => this.#choose(target.closest("li")));
    this.#look();
  }

  get isOpen() {
    return !this.list.hidden;
  }

  async #look() {
    const { value, selectionStart } = this.textarea;
    const written = value.slice(0, selectionStart);
    const source = SOURCES.find(({ begun }) => begun.test(written));
    if (!source) return this.#close();
    const begun = source.begun.exec(written);
    for await (const found of source.find(begun[2])) {
      if (this.textarea.value !== value) return;
      this.#begun = begun;
      this.#show(found);
    }
  }

  #show(found) {
    if (!found.length) return this.#close();
    const chosen = this.isOpen && this.list.children[this.#at]?.text;
    const options = found.map((one, index) => this.#option(one, index));
    this.list.replaceChildren(...options);
    this.list.hidden = false;
    this.#select(Math.max(0, options.findIndex(({ text }) => text === chosen)));
  }

  #option({ label, text, sign, picture, note }, index) {
    const option = make("li", { id: `${this.list.id}-${index}`, role: "option", text });
    const shown = picture
      ? make("img", { className: "avatar small", src: picture, alt: "", width: 24, height: 24 })
      : make("span", { className: "sign" }, sign);
    option.append(shown, make("bdi", { className: "one-line" }, label));
    if (note) option.append(make("span", { className: "note one-line" }, note));
    return option;
  }

  #select(index) {
    const options = [...this.list.children];
    this.#at = (index + options.length) % options.length;
    options.forEach((option, at) => (option.ariaSelected = String(at === this.#at)));
    this.textarea.setAttribute("aria-activedescendant", options[this.#at].id);
  }

  #key(event) {
    if (!this.isOpen || isComposing(event)) return;
    if (event.key === "ArrowDown") this.#select(this.#at + 1);
    else if (event.key === "ArrowUp") this.#select(this.#at - 1);
    else if (event.key === "Escape") this.#close();
    else if (["Tab", "Enter"].includes(event.key)) this.#choose(this.list.children[this.#at]);
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }

  #choose(option) {
    if (!option) return;
    const end = this.textarea.selectionStart;
    this.textarea.setSelectionRange(end - this.#begun[1].length, end);
    insert(this.textarea, `${option.text} `);
    this.#close();
  }

  #close() {
    this.list.hidden = true;
    this.textarea.removeAttribute("aria-activedescendant");
  }
}
