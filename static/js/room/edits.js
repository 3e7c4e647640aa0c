/** What a message said before, beside its mark "edited". */

import { copyOf, fetched, fromServer } from "./dom.js";
import { float } from "./floating.js";

const dialog = copyOf("edits");

/** Show what `link` leads to; where that fails, go there. */
export async function showEdits(link) {
  try {
    const answer = await fetched(`${link.href}?part`);
    dialog.replaceChildren(...fromServer(await answer.text()));
    float(dialog, link);
  } catch {
    location.href = link.href;
  }
}
