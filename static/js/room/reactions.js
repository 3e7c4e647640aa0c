/** Putting emoji to messages. What comes of it is told by the server, to this tab as to others. */

import { $, idOf } from "./dom.js";
import { recents, used } from "./recents.js";
import { noteOwn } from "./tallies.js";

export class Reactions {
  constructor({ status }) {
    this.status = status;
  }

  /** Join in, or take one's own back. */
  toggle(chip) {
    this.#put(chip.closest(".message"), chip.dataset.key, chip.ariaPressed !== "true");
  }

  /** The last used once more, or back. */
  again(row) {
    getSelection().empty(); // of the word that was double clicked
    this.give(row, recents()[0]);
  }

  /** Put `sign` to the message of `row`; what is there already is taken back. */
  give(row, sign) {
    const chip = $(`.reaction[data-key="${sign}"]`, row);
    if (chip) return this.toggle(chip);
    this.#put(row, sign, true);
  }

  /** Let this person choose one, beside `anchor`. */
  async choose(row, anchor) {
    const { pick } = await import("./picker.js");
    const sign = await pick(anchor);
    if (sign) this.give(row, sign);
  }

  async #put(row, emoji, on) {
    if (on) used(emoji);
    const ack = await this.status.ask({ type: "react", id: idOf(row), emoji, on });
    if (ack) noteOwn(row, emoji, on);
  }
}
