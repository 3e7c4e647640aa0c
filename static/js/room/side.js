/** A thread beside the room, or on a phone in its place: both go on, only one of them has it. */

import { $, fetched, fromServer } from "./dom.js";
import { Conversation } from "./conversation.js";
import { openAtNews } from "./opening.js";
import { urls } from "./page.js";
import { say } from "./words.js";

let beside = null; // the Conversation
let ending;
let wanted;

/** Have the thread under the message `id` beside the room, or none. `parts`: what conversations
    share, and all `conversations`, the room's own first. */
export async function show(id, { conversations, ...shared }) {
  wanted = id;
  if (id === beside?.thread) return;
  const pane = id && ($(`.side[data-thread="${id}"]`) ?? (await paneOf(id, shared)));
  if (wanted !== id) return;
  const [room] = conversations;
  const hadFocus = beside?.pane.contains(document.activeElement);
  room.scroll.keeping(() => {
    conversations.delete(beside);
    ending?.abort();
    beside?.pane.remove();
    if (pane) room.pane.after(pane);
  });
  if (pane) begin(pane, conversations, shared);
  else {
    const root = room.timeline.rows.get(beside?.thread);
    if (hadFocus) root?.focus({ preventScroll: true });
    beside = null;
    room.reading.look();
  }
}

async function paneOf(id, { status }) {
  try {
    const answer = await fetched(`${urls.messages}${id}/thread/`);
    return fromServer(await answer.text())[0];
  } catch {
    history.replaceState(null, "", location.pathname);
    status.tell(say("not_now"));
    return null;
  }
}

function begin(pane, conversations, shared) {
  ending = new AbortController();
  beside = new Conversation({ ...shared, pane, signal: ending.signal });
  conversations.add(beside);
  openAtNews(beside);
  beside.history.watch();
  const held = $("#held")?.cloneNode(true); // why one may not write, kept up to date by standing.js
  held?.removeAttribute("id");
  if (held) $(".foot .line", pane).before(held);
  $(".back-to-room", pane).onclick = (event) => {
    event.preventDefault();
    if (history.state?.isBeside) return history.back();
    history.replaceState(null, "", location.pathname);
    show(null, { conversations, ...shared });
  };
  // What happened between the making of the pane and now.
  shared.catchup.since(Number(pane.dataset.revision));
}
