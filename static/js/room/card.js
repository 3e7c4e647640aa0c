/** The card of a person, beside the name or picture that was pressed. */

import { block } from "./blocked.js";
import { $, fetched, fromServer } from "./dom.js";
import { config } from "./page.js";

const GAP = 8;
const NARROW = matchMedia("(max-width: 47.99rem)");

/** Show in `card` whose page `link` leads to, next to `anchor`. */
export async function showCard(card, link, anchor, status) {
  try {
    const answer = await fetched(`${link.href}?card&room=${encodeURIComponent(config.slug)}`);
    card.replaceChildren(...fromServer(await answer.text()));
  } catch {
    location.href = link.href;
    return;
  }
  card.showPopover();
  const put = () => place(card, anchor.getBoundingClientRect());
  put();
  const blocks = $("[data-blocks]", card);
  if (blocks) {
    $("details", card).ontoggle = put;
    blocks.onclick = (event) => (event.preventDefault(), putAway(card, blocks, status));
  }
  ($("a, button", card) ?? card).focus({ focusVisible: false });
  card.ontoggle = ({ newState }) => newState === "closed" && link.focus({ focusVisible: false });
}

/** Block the person of `card` without leaving the room, or where it is about them alone, in it. */
async function putAway(card, { dataset, form, formAction }, status) {
  const headers = { Accept: "application/json" };
  const options = { method: "POST", body: new FormData(form), headers };
  const answer = await fetch(formAction, options).catch(() => ({}));
  const isTheirs = $(`#my-conversations [aria-current][data-person="${dataset.blocks}"]`);
  if (isTheirs || !answer.ok) return location.reload();
  card.hidePopover();
  block(dataset.blocks);
  status.tell((await answer.json()).message, "done");
}

function place(card, anchor) {
  const { offsetWidth: width, offsetHeight: height } = card;
  const isBeside = anchor.right + GAP + width < innerWidth;
  const beside = isBeside ? anchor.right + GAP : Math.max(GAP, anchor.left - width - GAP);
  const left = NARROW.matches ? (innerWidth - width) / 2 : beside;
  card.style.left = `${left}px`;
  card.style.top = `${Math.max(GAP, Math.min(anchor.top, innerHeight - height - GAP))}px`;
}
