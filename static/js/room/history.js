/** Older pages as one scrolls up, newer ones when one came in the middle, and back to now. */

import { $ } from "./dom.js";
import { urls } from "./page.js";

const RETRY = 5000;

export class History {
  #observer;
  #isLoading = false;

  constructor({ timeline, scroll, thread, pane }) {
    Object.assign(this, { timeline, scroll, thread });
    [this.older, this.newer] = [$(".older", pane), $(".newer", pane)];
    this.beginning = $(".beginning", pane); // of the room; a thread begins with what it is about
    this.#observer = new IntersectionObserver((entries) => this.#near(entries), {
      root: scroll.box,
      rootMargin: "1200px 0px",
    });
    this.#ends(timeline);
    timeline.on("trimmed", () => {
      this.#ends({ hasOlder: true });
      this.watch();
    });
  }

  /** Look again whether the ends are near: after a page, after a pause. */
  watch() {
    for (const end of [this.older, this.newer]) {
      this.#observer.unobserve(end);
      if (!end.hidden) this.#observer.observe(end);
    }
  }

  /** Load the newest page, or the one around `id`, in place of what is here. */
  async reload(id) {
    const page = await this.#fetch(id ? `around=${id}` : "");
    this.timeline.reset(page.html);
    this.#ends({ hasOlder: page.has_older, hasNewer: page.has_newer });
    this.watch();
    return page.revision;
  }

  /** Go to the present, wherever one has been reading. */
  async toPresent() {
    if (this.timeline.hasNewer) await this.reload().catch(() => {});
    this.scroll.toEnd();
  }

  async #near(entries) {
    const end = entries.find((entry) => entry.isIntersecting)?.target;
    if (!end || this.#isLoading) return;
    this.#isLoading = true;
    end.classList.add("loading");
    try {
      await this.#load(end === this.older);
    } catch {
      setTimeout(() => this.watch(), RETRY);
    } finally {
      this.#isLoading = false;
      end.classList.remove("loading");
    }
  }

  async #load(isOlder) {
    const { timeline } = this;
    const from = isOlder ? timeline.oldest : timeline.newest;
    const page = await this.#fetch(`${isOlder ? "before" : "after"}=${from}`);
    if (from !== (isOlder ? timeline.oldest : timeline.newest)) return this.watch(); // made anew
    if (!isOlder) this.scroll.isAtEnd = false;
    this.scroll.keeping(() => {
      timeline.add(page.html);
      this.#ends(isOlder ? { hasOlder: page.has_older } : { hasNewer: page.has_newer });
    });
    this.watch();
  }

  async #fetch(query) {
    const thread = this.thread ? `&thread=${this.thread}` : "";
    const headers = { Accept: "application/json" };
    const answer = await fetch(`${urls.messages}?${query}${thread}`, { headers });
    if (answer.status === 404 && thread) location.replace(location.pathname); // it is deleted for good
    if (!answer.ok) throw new Error(answer.statusText);
    return answer.json();
  }

  #ends({ hasOlder = this.timeline.hasOlder, hasNewer = this.timeline.hasNewer }) {
    Object.assign(this.timeline, { hasOlder, hasNewer });
    this.older.hidden = !hasOlder;
    this.newer.hidden = !hasNewer;
    if (this.beginning) this.beginning.hidden = hasOlder;
    this.timeline.tell("extended");
  }
}
