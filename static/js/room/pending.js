/** The rows of what was just said: there in the same frame, lighter until the server has them. */

import { $, Teller, copyOf, make } from "./dom.js";
import { config } from "./page.js";
import { finish } from "./rows.js";
import { arrange } from "./runs.js";
import { say } from "./words.js";

const ONLY_EMOJI = /^[\p{Extended_Pictographic}\p{Emoji_Modifier}\p{RI}\u200d\ufe0f\s]{1,12}$/u;

/** Tells "sent" ({item, ack}), of what was said here. */
export class Pending extends Teller {
  #rows = new Map();

  constructor({ list, outbox, timeline, thread, signal }) {
    super();
    Object.assign(this, { list, outbox, timeline });
    const isOfHere = (item) => item.room === config.slug && (item.thread ?? null) === thread;
    const here = new Set([...timeline.all].map((row) => row.dataset.nonce));
    for (const item of outbox.all.filter(isOfHere)) {
      if (here.has(item.nonce)) outbox.drop(item.nonce);
      else this.show(item);
    }
    outbox.on("sent", (sent) => isOfHere(sent.item) && this.#sent(sent), signal);
    outbox.on("failed", ({ item }) => this.#failed(item), signal);
  }

  show(item) {
    const row = copyOf("pending");
    row.dataset.nonce = item.nonce;
    row.classList.add("pending");
    row.toggleAttribute("data-emoji", ONLY_EMOJI.test(item.body));
    $("time", row).dateTime = item.at;
    $(".body", row).textContent = item.body;
    if (item.files) import("./sketch.js").then(({ sketch }) => sketch(row, item.files));
    this.list.append(finish(row));
    this.#rows.set(item.nonce, row);
    arrange(row);
    if (item.failed) this.#failed(item);
    return row;
  }

  /** The server's own row is on the page now. */
  settle(nonce) {
    this.outbox.drop(nonce);
    const row = this.#rows.get(nonce);
    if (!row) return;
    this.#rows.delete(nonce);
    const [above, below] = [row.previousElementSibling, row.nextElementSibling];
    row.remove();
    if (below) arrange(below);
    else if (above?.matches(".day")) above.remove();
  }

  #sent({ item, ack }) {
    const row = this.#rows.get(item.nonce);
    row?.classList.remove("pending");
    if (this.timeline.rows.has(ack.id)) this.settle(item.nonce);
    this.tell("sent", { item, ack });
  }

  #failed(item) {
    const row = item && this.#rows.get(item.nonce);
    if (!row) return;
    row.classList.add("failed");
    const retry = make("button", { type: "button" }, say("retry"));
    const remove = make("button", { type: "button" }, say("delete"));
    const note = make("p", { className: "failure" }, `${item.failed} `, retry, remove);
    note.role = "alert";
    row.append(note);
    retry.onclick = () => {
      note.remove();
      row.classList.remove("failed");
      this.outbox.retry(item.nonce);
    };
    remove.onclick = () => this.settle(item.nonce);
  }
}
