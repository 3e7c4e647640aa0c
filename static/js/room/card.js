/** The card of a person, beside the name or picture that was pressed. */

import { $, fromServer } from "./dom.js";
import { config } from "./page.js";

const GAP = 8;

/** Show in `card` whose page `link` leads to, next to `anchor`. */
export async function showCard(card, link, anchor) {
  try {
    const answer = await fetch(`${link.href}?card&room=${encodeURIComponent(config.slug)}`);
    if (!answer.ok) throw new Error(answer.statusText);
    card.replaceChildren(...fromServer(await answer.text()));
  } catch {
    location.href = link.href;
    return;
  }
  card.showPopover();
  place(card, anchor.getBoundingClientRect());
  ($("a, button", card) ?? card).focus({ focusVisible: false });
  card.ontoggle = ({ newState }) => newState === "closed" && link.focus({ focusVisible: false });
}

function place(card, anchor) {
  const { offsetWidth: width, offsetHeight: height } = card;
  const isBeside = anchor.right + GAP + width < innerWidth;
  const left = isBeside ? anchor.right + GAP : Math.max(GAP, anchor.left - width - GAP);
  card.style.left = `${left}px`;
  card.style.top = `${Math.max(GAP, Math.min(anchor.top, innerHeight - height - GAP))}px`;
}
