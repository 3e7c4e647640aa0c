/** What is written and not sent: kept in this browser at once, on the server a moment later, and so
    on all devices of this person. The last one to save wins. But what was changed here and is not
    saved yet is never written over: it is saved next; and where both were changed while this device
    was away, both stay. */

import { $$, debounced, fetched } from "./dom.js";
import { config, placeOf, store, urls } from "./page.js";
import { lengthOf } from "./textarea.js";

const REST = 1000; // ms without a key until the server is told

const isSame = (a, b) => a.body === b.body && a.reply_to?.id === b.reply_to?.id;

/** Both texts, where one does not hold the other. */
function both(theirs, mine) {
  const [a, b] = [theirs.body ?? "", mine.body ?? ""];
  if (a.includes(b)) return theirs;
  return b.includes(a) ? mine : { ...mine, body: `${a}\n\n${b}` };
}

export class Drafts {
  #agreed; // what was last the same here and on the server
  #sent; // what was last told the server, whether or not it answered
  #isKept = true;
  #isMet = true; // whether what the server has is known: before, nothing is saved
  #begun = new Set(); // rooms

  constructor({ socket, composer, signal }) {
    const { thread } = composer;
    Object.assign(this, { socket, composer, thread, kept: `draft:${placeOf(thread)}` });
    const kept = store.read(this.kept, {});
    // Before drafts were saved on the server, only the text was kept.
    const { agreed = {}, ...mine } = typeof kept === "string" ? { body: kept } : kept;
    this.#agreed = this.#sent = agreed;
    composer.draft = both(mine, composer.draft); // one may have begun before the page was ready
    if (thread) this.#meetThread(signal);
    else this.#meet(config.draft ?? {});
    const keepSoon = debounced(() => this.#keep(), 250);
    const saveSoon = debounced(() => this.#save(), REST);
    composer.on("changed", () => {
      this.#isKept = false;
      keepSoon();
      if (composer.draft.body) saveSoon();
      else this.#save(); // it was sent or dropped
    });
    const leave = () => (this.#isKept || this.#keep(), this.#save());
    addEventListener("pagehide", leave, { signal });
    document.addEventListener("visibilitychange", leave, { signal });
    composer.textarea.addEventListener("blur", leave);
    if (thread) return;
    socket.on("welcome", ({ drafts }) => {
      this.#begun = new Set(drafts);
      this.#mark();
    });
    socket.on("draft", ({ room, thread, draft }) => thread || this.#hear(room, draft));
  }

  /** The page of a room brings its draft, and joining it; that of a thread is asked for. */
  #meetThread(signal) {
    const learn = async () => {
      this.#isMet = false;
      const answer = await fetched(`${urls.messages}${this.thread}/draft/`);
      const draft = await answer.json();
      this.#isMet = true;
      this.#meet(draft);
    };
    const ask = () => learn().catch(() => {}); // offline: the next welcome asks again
    this.socket.on("welcome", ask, signal);
    const isHere = ({ thread }) => thread === this.thread;
    this.socket.on("draft", (frame) => isHere(frame) && this.#meet(frame.draft, true), signal);
    if (this.socket.isOpen) ask();
  }

  /** The room was joined, and this is what the server has. */
  joined(draft = {}) {
    this.#meet(draft);
  }

  #hear(room, draft) {
    this.#note(room, draft);
    if (room === config.slug) this.#meet(draft, true);
  }

  #meet(theirs, isLive = false) {
    const mine = this.composer.draft;
    const isNews = !isSame(theirs, this.#agreed) && !isSame(theirs, this.#sent);
    if (isNews && isSame(mine, this.#agreed)) this.composer.draft = theirs;
    else if (isNews && !isLive) this.composer.draft = both(theirs, mine);
    this.#agreed = this.#sent = theirs;
    this.#keep();
    this.#save();
  }

  #keep() {
    const { draft } = this.composer;
    const isNothing = !draft.body && !this.#agreed.body;
    store.write(this.kept, isNothing ? null : { ...draft, agreed: this.#agreed });
    this.#isKept = true;
  }

  async #save() {
    const { draft } = this.composer;
    const { body = "", reply_to } = draft;
    const isKnown = isSame(draft, this.#agreed) || isSame(draft, this.#sent);
    if (isKnown || !this.#isMet || !this.socket.isOpen) return;
    if (lengthOf(body) > config.limits.body) return;
    this.#sent = draft;
    try {
      const place = { room: config.slug, thread: this.thread };
      await this.socket.ask({ type: "save_draft", ...place, body, reply_to: reply_to?.id });
    } catch (refusal) {
      // Where no answer came, joining tells what became of it.
      if (refusal.code !== "disconnected") this.#sent = this.#agreed;
      return;
    }
    this.#agreed = draft;
    if (!this.thread) this.#note(config.slug, draft);
    this.#keep();
    this.#save(); // what was changed meanwhile
  }

  #note(room, { body }) {
    if (body) this.#begun.add(room);
    else this.#begun.delete(room);
    this.#mark();
  }

  /** Rooms where something is begun bear a pencil at the side. */
  #mark() {
    for (const link of $$("#rooms-pane a[data-room]")) {
      link.toggleAttribute("data-draft", this.#begun.has(link.dataset.room));
    }
  }
}
