/** Nothing is lost: follows the room's revisions, and asks for what is missing. */

import { sleep } from "./dom.js";

// Frames can overtake each other on their way; only a hole that lasts is a loss.
const PATIENCE = 200;

export class Catchup {
  #ahead = new Set();
  #timer = 0;
  #waiting;

  /** `reload` loads the room afresh and gives the revision it then has; `oldest` is the id of the
      oldest message that is shown. */
  constructor({ socket, revision, take, reload, oldest }) {
    Object.assign(this, { socket, revision, take, reload, oldest });
    socket.onHere("new_message", (frame) => this.#live(frame));
    socket.onHere("message_changed", (frame) => this.#live(frame));
    socket.onHere("pruned", ({ revision, up_to }) => {
      this.#forget(up_to);
      this.expect(revision);
    });
    socket.onHere("changes", (frame) => this.#changes(frame));
    socket.onHere("resync", () => this.#later());
    socket.on("missed", ({ room }) => (room ?? socket.room) === socket.room && this.#soon());
  }

  /** The server has told of `revision`: it must come, or be fetched. */
  expect(revision) {
    if (revision > this.revision) this.#ahead.add(revision);
    this.#settle();
  }

  #live({ revision, message, also = [] }) {
    this.take([message]);
    for (const one of [...also, revision]) this.expect(one);
  }

  #changes({ messages, revision, pruned_up_to }) {
    this.take(messages);
    this.#forget(pruned_up_to);
    this.#reached(revision);
  }

  /** What is on the page may be deleted for good; more of it may follow at once. */
  #forget(upTo) {
    if (this.oldest() <= upTo) this.#later();
  }

  /** Everybody may hear it at once. */
  #later() {
    clearTimeout(this.#waiting);
    this.#waiting = setTimeout(() => this.#afresh(), 500 + Math.random() * 500);
  }

  #reached(revision) {
    this.revision = Math.max(this.revision, revision);
    this.#settle();
  }

  #settle() {
    for (const one of this.#ahead) if (one <= this.revision) this.#ahead.delete(one);
    while (this.#ahead.delete(this.revision + 1)) this.revision += 1;
    if (!this.#ahead.size) {
      clearTimeout(this.#timer);
      this.#timer = 0;
    } else if (!this.#timer) {
      this.#timer = setTimeout(() => this.#sync(), PATIENCE);
    }
  }

  /** Have all once more that changed after `revision`, where more than that has come already. */
  since(revision) {
    if (revision < this.revision) this.#sync(revision);
  }

  async #sync(since = this.revision) {
    this.#timer = 0;
    try {
      await this.socket.ask({ type: "sync", room: this.socket.room, since });
    } catch (refusal) {
      if (!refusal.retryAfter) return; // offline: joining again brings it
      await sleep(refusal.retryAfter * 1000);
      this.#sync(since);
    }
  }

  async #soon() {
    // Everybody hears "missed" at once; they need not all ask at once.
    await sleep(Math.random() * 1000);
    this.#sync();
  }

  async #afresh() {
    try {
      this.#reached(await this.reload());
    } catch {
      setTimeout(() => this.#sync(), 5000);
    }
  }
}
