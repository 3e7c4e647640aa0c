/** The messages on the page: every one once, in order, in its newest state. */

import { $, Teller, fromServer, idOf } from "./dom.js";
import { finish, renew, textOf } from "./rows.js";
import { arrange, markUnread, messageAbove } from "./runs.js";

const REMEMBERED = 300;
const revisionOf = (row) => Number(row.dataset.revision);

/** Tells "arrived" ({row, message}), "replaced" ({old, row}), "gone" ({row}),
    "extended" (by a page, or made anew) and "trimmed". */
export class Timeline extends Teller {
  rows = new Map();
  // Changes to what is not on the page, kept a while: its page may be on its way, and be older.
  #unseen = new Map();

  constructor(log, { hasOlder, hasNewer }) {
    super();
    Object.assign(this, { log, hasOlder, hasNewer, all: log.getElementsByClassName("message") });
    for (const row of this.all) this.rows.set(idOf(row), finish(row));
    this.rows.forEach(arrange);
  }

  get last() {
    return this.all[this.all.length - 1];
  }

  get oldest() {
    return idOf(this.all[0]);
  }

  get newest() {
    return idOf(this.last);
  }

  /** Show a message as a frame told it, unless something newer is known. */
  take(message) {
    const row = this.rows.get(message.id);
    if (!message.html) {
      this.#remember(message);
      if (row) this.#drop(row);
    } else if (row) {
      if (revisionOf(row) < message.revision) this.#replace(row, fromServer(message.html)[0]);
    } else if (message.deleted || !this.#isWithin(message.id)) {
      this.#remember(message);
      this.#requote(fromServer(message.html)[0]);
    } else {
      const [fresh] = fromServer(message.html);
      this.#place(fresh);
      this.tell("arrived", { row: fresh, message });
    }
  }

  /** Add a page of older or newer messages. */
  add(html) {
    const fresh = fromServer(html).filter((row) => !this.rows.has(idOf(row)));
    const rows = fresh.map((row) => this.#newestOf(row)).filter(Boolean); // some were taken back
    this.#quietly(() => rows.forEach((row) => this.#place(row)));
  }

  /** Begin again with this page. */
  reset(html) {
    const marked = idOf($(".unread-mark + .message", this.log));
    this.rows.clear();
    this.log.replaceChildren();
    this.add(html);
    if (this.rows.has(marked)) markUnread(this.rows.get(marked));
  }

  /** Let go of the oldest rows of a long evening; scrolling up brings them back. */
  trim(keep) {
    if (this.all.length <= keep) return;
    const first = this.all[this.all.length - keep];
    while (this.log.firstElementChild !== first) {
      this.rows.delete(idOf(this.log.firstElementChild));
      this.log.firstElementChild.remove();
    }
    arrange(first);
    this.tell("trimmed");
  }

  #remember(message) {
    this.#unseen.set(message.id, message);
    if (this.#unseen.size > REMEMBERED) this.#unseen.delete(this.#unseen.keys().next().value);
  }

  /** It was taken back right after it was sent. */
  #drop(row) {
    const [above, below] = [row.previousElementSibling, row.nextElementSibling];
    this.rows.delete(idOf(row));
    this.#quietly(() => row.remove());
    if (below?.matches(".message")) arrange(below);
    else if (above?.matches(".day, .unread-mark")) above.remove();
    row.dataset.deleted = $(".body", row).textContent = "";
    this.#requote(row);
    this.tell("gone", { row });
  }

  #isWithin(id) {
    if (!this.last) return true;
    return (id > this.oldest || !this.hasOlder) && (id < this.newest || !this.hasNewer);
  }

  #place(row) {
    let before = this.last;
    while (before && idOf(before) > idOf(row)) before = messageAbove(before);
    finish(row);
    this.rows.set(idOf(row), row);
    if (before === this.last) this.log.append(row);
    else if (before) before.after(row);
    else this.log.prepend(row);
    this.#settle(row);
  }

  #replace(old, row) {
    // What others add to a message must not stop its film, fold its text or take the focus away.
    if (this.#quietly(() => renew(old, row))) return;
    finish(row);
    this.rows.set(idOf(row), row);
    const hadFocus = old === document.activeElement;
    this.#quietly(() => old.replaceWith(row));
    if (hadFocus) row.focus({ preventScroll: true });
    this.#settle(row);
    this.#requote(row);
    this.tell("replaced", { old, row });
  }

  /** What is quoted elsewhere says what it says now, and nothing when it is deleted. */
  #requote(row) {
    const text = textOf(row);
    for (const quote of this.log.querySelectorAll(`.quote[href="?around=${idOf(row)}"]`)) {
      quote.classList.toggle("gone", row.matches("[data-deleted]"));
      quote.querySelector("b").nextSibling.data = ` ${text.slice(0, 140)}`;
    }
  }

  #settle(row) {
    arrange(row);
    let below = row.nextElementSibling;
    while (below && !below.matches(".message")) below = below.nextElementSibling;
    if (below) arrange(below);
  }

  #newestOf(row) {
    const known = this.#unseen.get(idOf(row));
    return known?.revision > revisionOf(row) ? fromServer(known.html)[0] : row;
  }

  /** Only what is said now is read out, not history and not corrections. */
  #quietly(change) {
    this.log.ariaLive = "off";
    const result = change();
    clearTimeout(this.loud);
    this.loud = setTimeout(() => (this.log.ariaLive = "polite"), 500);
    return result;
  }
}
