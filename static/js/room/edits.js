/** What a message said before, beside its mark "edited". */

import { copyOf, fromServer } from "./dom.js";
import { float } from "./floating.js";

const dialog = copyOf("edits");

/** Show what `link` leads to; where that fails, go there. */
export async function showEdits(link) {
  try {
    const answer = await fetch(`${link.href}?part`);
    if (!answer.ok) throw new Error(answer.statusText);
    dialog.replaceChildren(...fromServer(await answer.text()));
    float(dialog, link);
  } catch {
    location.href = link.href;
  }
}
