/** How things stand with the connection and the room, said plainly and without moving anything. */

import { $, $$, copyOf, make } from "./dom.js";
import { urls } from "./page.js";
import { say } from "./words.js";

// Shorter breaks heal unnoticed.
const UNNOTICED = 800;

export class Status {
  #timer = 0;
  #passing = 0;

  constructor({ socket, bar, conversation }) {
    Object.assign(this, { socket, bar, conversation });
    socket.on("state", () => this.look());
    addEventListener("offline", () => this.look());
    addEventListener("online", () => this.look());
  }

  look() {
    clearTimeout(this.#timer);
    const { state } = this.socket;
    if (state === "open") this.#show();
    else if (state === "signed_out") this.#show("error", say("signed_out"), this.#signIn());
    else if (!navigator.onLine) this.#show("waiting", say("offline"));
    else this.#timer = setTimeout(() => this.#show("waiting", say("reconnecting")), UNNOTICED);
  }

  /** Say something for a few seconds. */
  tell(text, kind = "error") {
    if (kind === "error" && !this.socket.isOpen) return; // that says it all
    this.#show(kind, text);
    clearTimeout(this.#passing);
    this.#passing = setTimeout(() => this.look(), 4000);
  }

  /** Ask for something, and say so when it is refused. Gives the ack, or undefined. */
  async ask(frame) {
    try {
      return await this.socket.ask(frame);
    } catch (refusal) {
      this.tell(refusal.message || say("not_now"));
    }
  }

  /** The room is not this person's any more: nothing of it stays to be read. */
  removed() {
    this.conversation.replaceChildren(copyOf("removed"));
    for (const pane of $$("#people-pane, .side")) pane.remove();
  }

  #show(kind, ...content) {
    // Who is here is known while one is connected.
    $("#people-pane")?.classList.toggle("stale", !this.socket.isOpen);
    this.bar.className = `status ${kind ?? ""}`;
    this.bar.replaceChildren(...content);
  }

  #signIn() {
    const link = make("a", { textContent: say("sign_in") });
    link.href = `${urls.signIn}?next=${encodeURIComponent(location.pathname)}`;
    return link;
  }
}
