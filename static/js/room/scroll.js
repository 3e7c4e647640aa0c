/** Where the reader is: at the newest words, or up in the past, where nothing may move them. */

import { Teller, idOf } from "./dom.js";

const NEAR = 60;

/** Events: "moved", when `isAtEnd` has changed. */
export class Scroll extends Teller {
  isAtEnd = true;
  #top = 0;

  constructor(box, content) {
    super();
    this.box = box;
    box.addEventListener("scroll", () => this.#look(), { passive: true });
    const stay = new ResizeObserver(() => this.#isFollowing() && this.toEnd());
    stay.observe(box);
    stay.observe(content);
  }

  /** Whether it is to be seen: on a phone a thread takes the place of the room. */
  get isShown() {
    return this.box.checkVisibility({ visibilityProperty: true });
  }

  toEnd() {
    this.box.scrollTop = this.box.scrollHeight;
    this.#look();
  }

  /** Bring `element` into view: `where` as in scrollIntoView. */
  to(element, where = "center") {
    element.scrollIntoView({ block: where });
    this.#look();
  }

  /** Bring `row` into view, and light it up for a moment. */
  show(row) {
    this.to(row);
    row.classList.add("shown");
    setTimeout(() => row.classList.remove("shown"), 2000);
  }

  /** Make a change without moving what the reader looks at. */
  keeping(change) {
    if (this.#isFollowing()) {
      change();
      return this.toEnd();
    }
    const place = this.#landmark();
    change();
    this.#restore(place);
  }

  /** The same, for a change that takes the rows away and brings them back: `find` by id. */
  async keepingAcross(change, find) {
    const place = this.#isFollowing() ? null : this.#landmark();
    const id = idOf(place?.element);
    const result = await change(id);
    if (place) this.#restore({ ...place, element: find(id) });
    else this.toEnd();
    return result;
  }

  get topOfBox() {
    return this.box.getBoundingClientRect().top;
  }

  /** The row in the middle: the first one loses its head when older ones come above it. */
  #landmark() {
    const { topOfBox } = this;
    const middle = topOfBox + this.box.clientHeight / 2;
    for (const element of this.box.getElementsByClassName("message")) {
      const { bottom, top } = element.getBoundingClientRect();
      if (bottom > middle) return { element, offset: top - topOfBox };
    }
    return null;
  }

  #restore(place) {
    if (!place?.element?.isConnected) return;
    this.box.scrollTop += place.element.getBoundingClientRect().top - this.topOfBox - place.offset;
    this.#look();
  }

  /** The reader may have moved up in this very frame, before the event that says so. */
  #isFollowing() {
    if (this.box.scrollTop < this.#top - 1) this.#look();
    return this.isAtEnd;
  }

  #look() {
    const { scrollHeight, scrollTop, clientHeight } = this.box;
    this.#top = scrollTop;
    const isAtEnd = scrollHeight - scrollTop - clientHeight < NEAR;
    if (isAtEnd === this.isAtEnd) return;
    this.isAtEnd = isAtEnd;
    this.tell("moved");
  }
}
