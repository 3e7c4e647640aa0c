/** What can be done with a message: one toolbar, in the row under the pointer or the focus. */

import { $, copyOf } from "./dom.js";
import { copy } from "../clipboard.js";
import { config, urls } from "./page.js";
import { say } from "./words.js";

export class Actions {
  /** `verbs`: what the buttons do, by name, each with the row. */
  constructor({ log, scroll, status, verbs }) {
    Object.assign(this, { log, scroll, status });
    this.verbs = {
      ...verbs,
      link: (row) => this.#copy(new URL($(".time", row).href).href),
      text: (row) => this.#copy($(".body", row).innerText.trim()),
    };
    this.bar = copyOf("actions");
    this.bar.addEventListener("click", (event) => this.#act(event));
    // A press must not keep the focus, and with it the toolbar, in this row.
    this.bar.addEventListener("pointerdown", (event) => event.preventDefault());
    for (const type of ["pointerover", "focusin"]) {
      log.addEventListener(type, ({ target }) => this.#at(target.closest(".message")));
    }
    log.addEventListener("click", (event) => this.#click(event));
    log.addEventListener("keydown", (event) => this.#key(event));
  }

  #at(row) {
    if (!row || row === this.bar.parentElement || this.bar.contains(document.activeElement)) return;
    const isMine = row.matches(".mine");
    const may = { reply: config.can_write, edit: isMine && config.can_write };
    may.delete = config.can_write && (isMine || "mayModerate" in urls);
    for (const button of this.bar.children) button.hidden = !(may[button.dataset.action] ?? true);
    if (row.matches("[data-deleted]")) this.bar.remove();
    else row.append(this.bar);
  }

  #act(event) {
    const action = event.target.closest("[data-action]")?.dataset.action;
    if (action) this.verbs[action](this.bar.parentElement);
  }

  async #copy(text) {
    await copy(text);
    this.status.tell(say("copied"), "done");
  }

  #click(event) {
    const button = event.target.closest(".copy-code");
    if (button) this.#copy($("code", button.parentElement).textContent);
    const quote = event.target.closest(".quote");
    const id = quote && new URL(quote.href).searchParams.get("around");
    const original = id && $(`[data-id="${id}"]`, this.log);
    if (!original) return;
    event.preventDefault();
    this.scroll.show(original);
  }

  /** The arrows go from message to message. */
  #key(event) {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!step || event.altKey || event.target.matches("textarea")) return;
    const rows = [...this.log.getElementsByClassName("message")];
    const next = rows[rows.indexOf(event.target.closest(".message")) + step];
    if (!next) return;
    event.preventDefault();
    next.focus({ preventScroll: true });
    next.scrollIntoView({ block: "nearest" });
  }
}
