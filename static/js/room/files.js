/** Words for the buttons of files, in the viewer's language: their markup is the same for all. */

import { $$ } from "./dom.js";
import { say } from "./words.js";

const WORDS = { ".play": "play", ".speed": "speed" };

export function name(row) {
  for (const [selector, word] of Object.entries(WORDS)) {
    for (const button of $$(selector, row)) button.ariaLabel = button.title = say(word);
  }
  for (const range of $$(".seek", row)) range.ariaLabel = say("position");
  for (const link of $$("figcaption a, .file-card", row)) link.title = say("download");
}
