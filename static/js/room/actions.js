/** What can be done with a message: a toolbar in the row under the pointer or the focus, and a menu
    with all of it, which a resting finger opens too. */

import { $, copyOf, idOf, opensElsewhere } from "./dom.js";
import { copy } from "../clipboard.js";
import { onHold } from "./hold.js";
import { config, urls } from "./page.js";
import { say } from "./words.js";

export class Actions {
  /** `verbs`: what the buttons do, by name, each with the row and the button. */
  constructor({ log, scroll, status, thread, verbs }) {
    Object.assign(this, { log, scroll, status, thread });
    this.verbs = {
      ...verbs,
      more: (row, button) => this.#menu(row, button),
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
    this.#at($(".message:is(:hover, :focus-within)", log));
    log.addEventListener("click", (event) => this.#click(event));
    log.addEventListener("keydown", (event) => this.#key(event));
    onHold(log, async (target) => {
      const row = target.closest(".message:not([data-deleted])");
      const chip = target.closest("[data-who]");
      if (chip) (await import("./tallies.js")).tellWho(chip);
      else if (row) this.#menu(row, row);
    });
  }

  /** Whether this person may do `action` with the message of `row`. */
  #may(action, row) {
    const isMine = row.matches(".mine");
    const rules = {
      react: config.can_write,
      reply: config.can_write,
      thread: !this.thread && (config.can_write || $(".thread", row)),
      unread: !this.thread,
      edit: isMine && config.can_write && !$(".forwarded", row),
      close: config.can_write && (isMine || "mayModerate" in urls) && $(".poll:not(.closed)", row),
      pin: config.can_write && "mayPin" in urls && !$(".pinned", row),
      unpin: config.can_write && "mayPin" in urls && $(".pinned", row),
      delete: isMine && (config.can_write || config.held),
      report: !isMine,
      remove: !isMine && "mayModerate" in urls,
      mute: !isMine && "mayModerate" in urls,
      ban: !isMine && "mayModerate" in urls,
    };
    return !(action in rules) || Boolean(rules[action]);
  }

  #at(row) {
    if (!row || row === this.bar.parentElement || this.bar.contains(document.activeElement)) return;
    for (const button of this.bar.children) button.hidden = !this.#may(button.dataset.action, row);
    if (row.matches("[data-deleted]")) this.bar.remove();
    else row.append(this.bar);
  }

  #act(event) {
    const button = event.target.closest("[data-action]");
    if (button) this.verbs[button.dataset.action](this.bar.parentElement, button);
  }

  async #menu(row, anchor) {
    const { openMenu } = await import("./menu.js");
    openMenu(anchor, {
      may: (action) => this.#may(action, row),
      act: (action) => this.verbs[action](row, row),
      give: (sign) => this.verbs.give(row, sign),
    });
  }

  async #copy(text) {
    await copy(text);
    this.status.tell(say("copied"), "done");
  }

  #click(event) {
    const button = event.target.closest(".copy-code");
    if (button) this.#copy($("code", button.parentElement).textContent);
    const preview = event.target.closest(".linked > button");
    if (preview) {
      this.status.ask({ type: "remove_preview", id: idOf(preview.closest(".message")) });
    }
    const thread = event.target.closest("a.thread");
    if (thread && !opensElsewhere(event)) {
      event.preventDefault();
      this.verbs.thread(thread.closest(".message"));
    }
    const quote = event.target.closest(".quote");
    const id = quote && new URL(quote.href).searchParams.get("around");
    const original = id && $(`[data-id="${id}"]`, this.log);
    if (!original) return;
    event.preventDefault();
    this.scroll.show(original);
  }

  /** The arrows go from message to message, Enter opens the menu of one. */
  #key(event) {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    const row = event.target.closest(".message");
    if (event.key === "Enter" && event.target === row && !row.matches("[data-deleted]")) {
      event.preventDefault();
      return this.#menu(row, row);
    }
    if (!step || event.altKey || event.target.matches("textarea")) return;
    const rows = [...this.log.getElementsByClassName("message")];
    const next = rows[rows.indexOf(row) + step];
    if (!next) return;
    event.preventDefault();
    next.focus({ preventScroll: true });
    next.scrollIntoView({ block: "nearest" });
  }
}
