/** The one socket of this tab. It comes back by itself, and tells each frame as an event. */

import { Teller } from "./dom.js";

const PING_EVERY = 25_000;
const ANSWER_WITHIN = 10_000;
const LONGEST_WAIT = 30_000;
const SIGNED_OUT = 4401;

/** Why a frame was refused: `code`, `message` for people, `retryAfter` in seconds or undefined. */
export class Refusal extends Error {
  constructor({ code, message, retry_after }) {
    super(message);
    Object.assign(this, { code, retryAfter: retry_after });
  }
}

export class Socket extends Teller {
  /** "connecting", "open" (welcomed), "waiting" (for the next try) or "signed_out". */
  state = "connecting";
  #socket = null;
  #answers = new Map();
  #refs = 0;
  #tries = 0;
  #timer = 0;

  constructor(url, room) {
    super();
    this.room = room;
    this.url = new URL(url, location.href).href.replace(/^http/, "ws");
    addEventListener("online", () => this.connect());
    addEventListener("offline", () => this.#lost(this.#socket));
    document.addEventListener("visibilitychange", () => document.hidden || this.#wake());
    // A page that comes back from the browser's cache has a socket that is long gone.
    addEventListener("pageshow", (event) => event.persisted && this.#lost(this.#socket));
  }

  get isOpen() {
    return this.state === "open";
  }

  /** Hear frames of the room that this tab has open. */
  onHere(type, act, signal) {
    this.on(type, (frame) => frame.room === this.room && act(frame), signal);
  }

  connect() {
    if (this.#socket) return;
    const socket = (this.#socket = new WebSocket(this.url));
    socket.onmessage = ({ data }) => socket === this.#socket && this.#receive(JSON.parse(data));
    socket.onclose = ({ code }) => this.#lost(socket, code);
    this.#after(ANSWER_WITHIN, () => this.#lost(socket));
  }

  send(frame) {
    if (this.isOpen) this.#socket.send(JSON.stringify(frame));
  }

  /** Send, and give the `ack`. Throws Refusal; its code is "disconnected" when no answer came. */
  ask(frame, within = ANSWER_WITHIN) {
    const socket = this.#socket;
    return new Promise((resolve, reject) => {
      if (!this.isOpen) return reject(new Refusal({ code: "disconnected" }));
      const ref = String(++this.#refs);
      const timer = setTimeout(() => this.#lost(socket), within);
      this.#answers.set(ref, { resolve, reject, timer });
      this.send({ ...frame, ref });
    });
  }

  #receive(frame) {
    if (frame.type === "welcome") {
      this.#tries = 0;
      this.#become("open");
      this.#after(PING_EVERY, () => this.#ping());
    }
    const waiting = this.#answers.get(frame.ref);
    if (waiting) {
      clearTimeout(waiting.timer);
      this.#answers.delete(frame.ref);
      if (frame.type === "error") return waiting.reject(new Refusal(frame));
      waiting.resolve(frame);
    }
    this.tell(frame.type, frame);
  }

  #ping(within) {
    this.ask({ type: "ping" }, within).catch(() => {});
    this.#after(PING_EVERY, () => this.#ping());
  }

  #wake() {
    if (this.isOpen) this.#ping(ANSWER_WITHIN / 2);
    else this.connect();
  }

  #lost(socket, code) {
    if (!socket || socket !== this.#socket) return;
    this.#socket = null;
    socket.close();
    for (const { reject, timer } of this.#answers.values()) {
      clearTimeout(timer);
      reject(new Refusal({ code: "disconnected" }));
    }
    this.#answers.clear();
    clearTimeout(this.#timer);
    this.#become(code === SIGNED_OUT ? "signed_out" : "waiting");
    if (code === SIGNED_OUT) return;
    // Full jitter: a server that comes back is not met by everybody in the same second.
    const wait = Math.random() * Math.min(LONGEST_WAIT, 1000 * 2 ** this.#tries++);
    this.#after(wait, () => this.connect());
  }

  #after(wait, act) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(act, wait);
  }

  #become(state) {
    this.state = state;
    this.tell("state", state);
  }
}
