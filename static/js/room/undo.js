/** What was just sent can be taken back for some seconds: into the composer, as if it had not been
    sent. What waits in the outbox, as long as it does. */

import { copyOf } from "./dom.js";
import { putBack, watchHeld } from "./held.js";
import { shortcutOf } from "./shortcuts.js";

const OFFERED = 10_000; // ms; the server allows for the way

export class Undo {
  #item = null;
  #timer = 0;

  constructor({ composer, outbox, pending, timeline, status, signal }) {
    Object.assign(this, { composer, outbox, pending, timeline });
    this.button = copyOf("undo");
    composer.note.before(this.button);
    this.button.onclick = () => this.#undo();
    composer.textarea.addEventListener("keydown", (event) => {
      if (!this.#item || composer.textarea.value || shortcutOf(event) !== "undo") return;
      event.preventDefault();
      this.#undo();
    });
    const isOfHere = ({ thread = null, poll }) => !poll && thread === composer.thread;
    outbox.on("added", ({ item }) => isOfHere(item) && this.#offer(item), signal);
    const sent = ({ item, ack }) => {
      if (!this.#isOf(item)) return;
      if (ack.held) this.#end(); // it can be taken back where it waits
      else this.#count();
    };
    outbox.on("sent", sent, signal);
    const failed = ({ item, refusal }) => {
      if (!this.#isOf(item)) return;
      if (refusal.code === "filtered") this.#change(item, status);
      else this.#end(); // its row offers more
    };
    outbox.on("failed", failed, signal);
    const replaced = ({ row }) => {
      if (row.matches("[data-removed]") && this.#isOf(row.dataset)) this.#end();
    };
    timeline.on("replaced", replaced, signal);
    const kept = ({ message }) => {
      status.tell(message);
      for (const row of timeline.all) row.classList.remove("pending");
    };
    outbox.on("kept", kept, signal);
    watchHeld({ composer, outbox, pending, timeline, signal });
  }

  #isOf(item) {
    return item && item.nonce === this.#item?.nonce;
  }

  #offer(item) {
    this.#end();
    this.#item = item;
    this.button.hidden = false;
  }

  /** It is sent: from now on time runs. */
  #count() {
    this.button.classList.add("runs");
    this.#timer = setTimeout(() => this.#end(), OFFERED);
  }

  #end() {
    clearTimeout(this.#timer);
    if (document.activeElement === this.button) this.composer.textarea.focus();
    this.button.hidden = true;
    this.button.classList.remove("runs");
    this.#item = null;
  }

  #undo() {
    const { nonce } = this.#item;
    this.outbox.takeBack(nonce);
    this.#putBack(this.#item);
    [...this.timeline.all].find((row) => row.dataset.nonce === nonce)?.classList.add("pending");
  }

  /** A filter refused it, and its author may say it in another way. */
  #change(item, status) {
    this.#putBack(item);
    status.tell(item.failed);
  }

  #putBack({ nonce, body, files, reply_to }) {
    const { composer, timeline } = this;
    this.#end();
    this.pending.settle(nonce);
    putBack(composer, body);
    if (files) composer.tray?.putBack(files);
    const original = timeline.rows.get(reply_to);
    if (original) composer.replyTo(original);
  }
}
