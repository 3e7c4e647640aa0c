/** What was said but not yet taken: kept through reloads, sent in order, never twice. */

import { Teller, sleep } from "./dom.js";
import { store } from "./page.js";

const NAME = "outbox";

/** A UUID; `randomUUID` exists only where the page came by https. */
export function newNonce() {
  const random = (digit) => crypto.getRandomValues(new Uint8Array(1))[0] & (15 >> (digit / 4));
  return (
    crypto.randomUUID?.() ??
    "10000000-1000-4000-8000-100000000000".replace(/[018]/g, (x) => (x ^ random(x)).toString(16))
  );
}

/** Tells "added" ({item}), "sent" ({item, ack}), "failed" ({item, refusal}), "kept" ({message}: what was
    to be taken back is not), "waiting" ({seconds}). */
export class Outbox extends Teller {
  #isBusy = false;

  constructor(socket) {
    super();
    this.socket = socket;
  }

  /** What waits, in all rooms, oldest first; other tabs of this person see the same. */
  get all() {
    return store.read(NAME, []);
  }

  /** `files`: as the server told them when they were uploaded. */
  add(room, body, replyTo, { thread, poll, files }) {
    const item = { room, body, nonce: newNonce(), at: new Date().toISOString() };
    if (replyTo) item.reply_to = replyTo;
    if (poll) item.poll = poll;
    if (files?.length) item.files = files;
    if (thread) item.thread = thread;
    store.write(NAME, [...this.all, item]);
    this.tell("added", { item });
    this.flush();
    return item;
  }

  /** Undo add(): what did not leave yet does not, and the server takes back what did. */
  takeBack(nonce) {
    this.drop(nonce);
    store.write(NAME, [...this.all, { back: nonce }]);
    this.flush();
  }

  drop(nonce) {
    this.#keep((item) => item.nonce !== nonce);
  }

  #keep(isKept) {
    store.write(NAME, this.all.filter(isKept));
  }

  retry(nonce) {
    this.#fail(nonce, undefined);
    this.flush();
  }

  /** Send all that waits, one after the other. */
  async flush() {
    if (this.#isBusy) return;
    this.#isBusy = true;
    try {
      for (let item; (item = this.#next()); ) await this.#post(item);
    } catch {
      // No answer came: it goes on after the next welcome.
    } finally {
      this.#isBusy = false;
    }
  }

  #next() {
    return this.socket.isOpen ? this.all.find((item) => !item.failed) : undefined;
  }

  async #post(item) {
    const { room, body, nonce, reply_to, thread, poll, back } = item;
    const attachments = item.files?.map(({ id }) => id);
    const forget = () => this.#keep((one) => (back ? one.back !== back : one.nonce !== nonce));
    try {
      const post = { type: "send_message", room, body, nonce, reply_to, thread, poll, attachments };
      const ack = await this.socket.ask(back ? { type: "take_back", nonce: back } : post);
      forget();
      if (!back) this.tell("sent", { item, ack });
    } catch (refusal) {
      if (["disconnected", "signed_out"].includes(refusal.code)) throw refusal;
      if (refusal.retryAfter) {
        this.tell("waiting", { seconds: refusal.retryAfter });
        await sleep(refusal.retryAfter * 1000);
      } else if (back) {
        forget();
        this.tell("kept", refusal);
      } else {
        this.tell("failed", { item: this.#fail(nonce, refusal.message), refusal });
      }
    }
  }

  #fail(nonce, failed) {
    const all = this.all.map((item) => (item.nonce === nonce ? { ...item, failed } : item));
    store.write(NAME, all);
    return all.find((item) => item.nonce === nonce);
  }
}
