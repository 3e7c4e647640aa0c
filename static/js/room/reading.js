/** What has been read: told to the server, shown on the button down and in the title. */

import { $, Teller, debounced, idOf } from "./dom.js";
import { config, me } from "./page.js";
import { markUnread } from "./runs.js";
import { say } from "./words.js";

const isSeen = (row) => !row.hasAttribute("data-deleted");

/** Events: "changed", when `unseen` has. */
export class Reading extends Teller {
  unseen = 0;
  #told;
  #isLeft = false; // unread, on purpose, until one comes again
  #tell = debounced(() => this.#markRead(), 400);

  constructor({ socket, timeline, scroll, history, thread, pane, signal }) {
    super();
    Object.assign(this, { socket, timeline, scroll, thread });
    this.button = $(".foot .jump", pane);
    this.lastRead = this.#told = Number(pane.dataset.lastRead);
    timeline.on("arrived", (arrival) => this.#arrived(arrival));
    timeline.on("gone", ({ row }) => this.#gone(row));
    scroll.on("moved", () => this.look());
    socket.onHere("read", (frame) => this.#readElsewhere(frame), signal);
    document.addEventListener("visibilitychange", () => this.look(), { signal });
    addEventListener("focus", () => this.look(), { signal });
    this.button.onclick = () => history.toPresent();
  }

  /** The rows that others wrote after what this person had read when the page was made. */
  get unread() {
    return [...this.timeline.all].filter(
      (row) => idOf(row) > this.lastRead && !row.matches(".mine") && isSeen(row),
    );
  }

  /** Whether what is unread begins before the oldest row of the page. */
  get isMoreAbove() {
    return this.timeline.hasOlder && this.timeline.oldest > this.lastRead;
  }

  get #isReading() {
    const isShown = !document.hidden && this.scroll.isShown;
    return isShown && !this.#isLeft && this.scroll.isAtEnd && !this.timeline.hasNewer;
  }

  /** From now on nothing counts as read, what was just about to be told included. */
  rest() {
    this.#isLeft = true;
  }

  look() {
    if (this.#isReading) {
      this.#count(0);
      this.#tell();
    }
    this.#showButton();
  }

  #arrived({ row, message }) {
    if (message.author.id === me.id) {
      this.#isLeft = false;
      return this.look();
    }
    row.classList.add("arrived");
    if (this.#isReading) return this.look();
    // Away from the window, the first thing missed gets the mark.
    if (document.hidden && !this.unseen) markUnread(row);
    this.#count(this.unseen + 1);
    this.#showButton();
  }

  #gone(row) {
    const wasNew = this.unseen && row.matches(".arrived") && idOf(row) > this.#told;
    if (wasNew) this.#count(this.unseen - 1);
    this.#showButton();
  }

  /** In one of their tabs the person wants to read again what comes after `id`. */
  #leave(id) {
    this.rest();
    this.#told = id;
    const first = [...this.timeline.all].find((row) => idOf(row) > id && isSeen(row));
    if (first) markUnread(first);
  }

  #count(unseen) {
    if (unseen === this.unseen) return;
    this.unseen = unseen;
    this.tell("changed");
  }

  #showButton() {
    this.button.hidden = this.scroll.isAtEnd && !this.timeline.hasNewer;
    const label = this.unseen ? say("new_messages", { n: this.unseen }) : say("to_present");
    this.button.lastElementChild.textContent = label;
    this.button.classList.toggle("news", this.unseen > 0);
  }

  async #markRead() {
    const id = idOf([...this.timeline.all].findLast(isSeen)) || 0;
    if (id === this.thread) return; // it stands in the room, where more may be unread above it
    if (id <= this.#told || !this.#isReading || !this.socket.isOpen) return;
    const told = this.#told;
    this.#told = id;
    try {
      await this.socket.ask({ type: "mark_read", room: config.slug, id });
    } catch {
      this.#told = told; // told again with the next message, or after coming back
    }
  }

  #readElsewhere({ id, thread = null, back }) {
    if (thread !== this.thread) return;
    if (back) this.#leave(id);
    else this.#told = Math.max(this.#told, id);
    if (id >= (this.timeline.newest ?? 0)) this.#count(0);
    this.#showButton();
  }
}
