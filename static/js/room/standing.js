/** Whether this person may write here, and what was decided about them: shown as it changes. */

import { $, $$, copyOf } from "./dom.js";
import { config, urls } from "./page.js";
import { say } from "./words.js";

const SECOND = 1000;
const LONGEST = 2 ** 31 - 1; // ms that a timer can wait

let made;

export function standing(parts) {
  return (made ??= new Standing(parts));
}

class Standing {
  #muted = null;
  #locked = null;
  #timer = 0;
  #next = 0; // when the next message may be sent, in slow mode

  constructor({ socket, outbox, root }) {
    Object.assign(this, { socket, root, slow: $("#slow") });
    if (!this.slow) return; // the room is not this person's any more
    if (config.held?.kind === "muted") this.#muted = config.held;
    else this.#locked = config.held;
    outbox.on("sent", ({ item }) => item.room === config.slug && this.#spoke());
    this.#next = Date.now() + (config.slow?.left ?? 0) * SECOND;
    this.#show();
    setInterval(() => this.#count(), SECOND);
  }

  decided({ kind, text, room, until, reversed }) {
    const isHere = room === config.slug;
    if (isHere && kind === "muted") {
      this.#muted = reversed ? null : { kind, text, until };
      this.#show();
      if (!reversed) return;
    }
    const out = isHere && !reversed && $(".removed p");
    if (out) this.#explain(out, text);
    else this.#tell(text);
  }

  /** What the room is like now; `ack`, of having come in, says also whether one is muted. */
  changed({ slow, locked, lock_words: why, archived }, { type, muted, muted_until: until }) {
    if (type === "ack") this.#muted = muted ? { kind: "muted", text: muted, until } : null;
    const isMember = !("mayModerate" in urls);
    const text = why ? say("locked_why", { why }) : say("locked");
    this.#locked = locked && isMember ? { kind: "locked", text } : null;
    if (slow !== config.slow?.every) config.slow = slow && isMember ? { every: slow } : null;
    this.#show(archived);
  }

  /** To who moderates: how many reports and appeals wait. */
  reported(count) {
    for (const mark of $$("[data-waiting]")) {
      mark.hidden = !count;
      if (mark.matches(".badge")) mark.textContent = count;
    }
  }

  #show(isArchived = this.root.classList.contains("archived")) {
    if (!this.slow) return;
    clearTimeout(this.#timer);
    const held = (config.held = this.#muted ?? this.#locked);
    config.can_write = !isArchived && !held;
    this.root.classList.toggle("held", Boolean(held));
    for (const box of $$(".held-back")) {
      box.hidden = !held;
      $("[dir]", box).textContent = held?.text ?? "";
      $("a", box).hidden = !this.#muted;
    }
    this.#count();
    if (!this.#muted?.until) return;
    const wait = Date.parse(this.#muted.until) - Date.now();
    if (wait < LONGEST) this.#timer = setTimeout(() => this.#over(), Math.max(0, wait));
  }

  /** What time ends, nobody has to. */
  #over() {
    this.#muted = null;
    this.#show();
  }

  #spoke() {
    this.#next = Date.now() + (config.slow?.every ?? 0) * SECOND;
    this.#count();
  }

  #count() {
    this.slow.hidden = !config.slow;
    if (!config.slow) return;
    const left = Math.ceil((this.#next - Date.now()) / SECOND);
    const text =
      left > 0
        ? say("slow_left", { time: spoken(left) })
        : say("slow_every", { time: spoken(config.slow.every) });
    if (text !== this.slow.textContent) this.slow.textContent = text;
  }

  #explain(out, text) {
    out.textContent = text;
    const link = $(".button", copyOf("told"));
    link.classList.remove("small");
    out.after(link);
  }

  #tell(text) {
    $(".told")?.remove();
    const notice = copyOf("told");
    $("p", notice).textContent = text;
    $("button", notice).onclick = () => notice.remove();
    $("#conversation").append(notice);
  }
}

const spoken = (seconds) => {
  const unit = seconds < 120 ? "second" : "minute";
  const value = unit === "second" ? seconds : Math.ceil(seconds / 60);
  const style = { style: "unit", unit, unitDisplay: "long" };
  return new Intl.NumberFormat(document.documentElement.lang, style).format(value);
};
