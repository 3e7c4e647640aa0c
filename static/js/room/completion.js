/** :emoji: completion. The names come from the server's own list, when one is first asked for. */

import { copyOf, make } from "./dom.js";
import { urls } from "./page.js";
import { insert, isComposing } from "./textarea.js";

const SHOWN = 8;
const BEGUN = /(?:^|[\s(])(:([\w+-]{2,}))$/;

let emoji;
async function load() {
  emoji ??= fetch(urls.emoji).then((answer) => answer.json());
  return Object.entries(await emoji.catch(() => (emoji = undefined) ?? {}));
}

function rank(all, words) {
  const wanted = words.toLowerCase();
  const found = all.filter(([name]) => name.includes(wanted));
  // Names that begin so come first, and short ones before long ones.
  const weight = ([name]) => (name.startsWith(wanted) ? 0 : 100) + name.length;
  return found.sort((one, other) => weight(one) - weight(other)).slice(0, SHOWN);
}

/** Offer emoji while `:na` is being written in `textarea`. */
export class Completion {
  #begun = null;
  #at = 0;

  constructor(textarea) {
    this.textarea = textarea;
    this.list = copyOf("completion");
    textarea.before(this.list);
    textarea.setAttribute("aria-controls", this.list.id);
    textarea.setAttribute("aria-autocomplete", "list");
    textarea.addEventListener("input", (event) => event.isComposing || this.#look());
    // Before the composer: an Enter that chooses an emoji is not one that sends.
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
    this.#begun = BEGUN.exec(value.slice(0, selectionStart));
    if (!this.#begun) return this.#close();
    const found = rank(await load(), this.#begun[2]);
    if (this.textarea.value !== value || !found.length) return this.#close();
    this.list.replaceChildren(...found.map((one, index) => this.#option(...one, index)));
    this.list.hidden = false;
    this.#select(0);
  }

  #option(name, sign, index) {
    const option = make("li", { id: `${this.list.id}-${index}`, role: "option" });
    option.append(make("span", { className: "sign" }, sign), `:${name}:`);
    option.sign = sign;
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
    insert(this.textarea, `${option.sign} `);
    this.#close();
  }

  #close() {
    this.list.hidden = true;
    this.textarea.removeAttribute("aria-activedescendant");
  }
}
