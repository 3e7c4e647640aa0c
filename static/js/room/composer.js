/** Where one writes: knows what is written, and when Enter means "send". */

import { $, Teller, idOf } from "./dom.js";
import { config } from "./page.js";
import { textOf } from "./rows.js";
import { grow, isDone, lengthOf } from "./textarea.js";
import { say } from "./words.js";

const NEARLY = 500;
const PAGES = { PageUp: -0.9, PageDown: 0.9 };

/** Tells "send" ({body, replyTo, files}), "edit-last", "scroll" (pages), "changed". */
export class Composer extends Teller {
  #reply = null;
  /** The files that are attached, once there are some: see Tray. */
  tray = null;

  /** `thread`: in which one writes here, or null. */
  constructor(form, thread) {
    super();
    Object.assign(this, { form, thread });
    this.textarea = $("textarea", form);
    this.note = $(".count", form.parentElement);
    form.noValidate = true; // files need no words
    this.fit();
    this.textarea.addEventListener("input", () => (this.fit(), this.tell("changed")));
    this.textarea.addEventListener("keydown", (event) => this.#key(event));
    form.addEventListener("submit", (event) => (event.preventDefault(), this.#submit()));
    $(".replying button", form).onclick = () => this.replyTo(null);
  }

  /** Answer the message of `row`, or none. */
  replyTo(row) {
    const [id, author] = row ? [idOf(row), $(".who", row).textContent] : [];
    this.#answer(row && { id, author, excerpt: textOf(row).slice(0, 140) });
    this.tell("changed");
    if (row) this.textarea.focus();
  }

  #answer(reply) {
    this.#reply = reply;
    const chip = $(".replying", this.form);
    chip.hidden = !reply;
    $("b", chip).textContent = reply?.author ?? "";
    $("span", chip).textContent = reply?.excerpt ?? "";
  }

  /** What is written and not sent: `body`, and in `reply_to` what it answers, as frames tell it. */
  get draft() {
    return this.textarea.value.trim() ? { body: this.textarea.value, reply_to: this.#reply } : {};
  }

  set draft({ body = "", reply_to = null }) {
    this.textarea.value = body;
    this.#answer(reply_to);
    this.fit();
  }

  #key(event) {
    if (isDone(event)) {
      event.preventDefault();
      this.#submit();
    } else if (event.key === "ArrowUp" && !this.textarea.value && !event.altKey) {
      event.preventDefault();
      this.tell("edit-last");
    } else if (event.key in PAGES && !this.textarea.value) {
      event.preventDefault();
      this.tell("scroll", PAGES[event.key]);
    } else if (event.key === "Escape" && this.#reply) this.replyTo(null);
  }

  #submit() {
    if (this.tray?.isBusy) return this.tray.sendWhenReady();
    const { said } = this;
    if (!said) return;
    const files = this.tray?.empty();
    this.clear();
    this.tell("send", { ...said, files });
  }

  /** What would be sent now, but for files; nothing, where something stands against it. */
  get said() {
    const body = this.textarea.value;
    if (this.#excess() > 0) return this.shake();
    if (!body.trim() && !this.tray?.length) return this.textarea.focus();
    return { body, replyTo: this.#reply?.id };
  }

  clear() {
    this.draft = {};
    this.tell("changed");
    this.textarea.focus();
  }

  #excess() {
    const { value } = this.textarea;
    if (value.length < config.limits.body - NEARLY) return -config.limits.body;
    return lengthOf(value.trim()) - config.limits.body;
  }

  /** Show how things stand after a change of text or files. */
  fit() {
    grow(this.textarea);
    const excess = this.#excess();
    const isOver = excess > 0;
    this.form.classList.toggle("over", isOver);
    this.form.classList.toggle("written", this.textarea.value.trim() !== "" || this.tray?.length > 0);
    if (isOver) this.note.textContent = say("too_long", { n: excess });
    else if (excess > -NEARLY) this.note.textContent = say("left_to_write", { n: -excess });
    else this.note.textContent = this.tray?.note ?? "";
  }

  /** Point to the note that says why nothing is sent. */
  shake() {
    this.note.classList.remove("shaken");
    void this.note.offsetWidth; // so that the animation begins anew
    this.note.classList.add("shaken");
  }
}
