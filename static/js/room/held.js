/** What a filter holds back of what one said: below all else, as it will look, until it is decided. */

import { $, fetched, fromServer } from "./dom.js";
import { config, urls } from "./page.js";
import { finish } from "./rows.js";
import { post } from "../posting.js";

/** Have `body` in the composer once more, above what is written by now. */
export function putBack(composer, body) {
  const { draft, textarea } = composer;
  composer.draft = { ...draft, body: [body, draft.body].filter(Boolean).join("\n\n") };
  composer.tell("changed");
  textarea.focus();
  textarea.setSelectionRange(body.length, body.length);
}

/** Show what waits, from now on, in this conversation. */
export function watchHeld({ composer, outbox, pending, timeline, signal }) {
  const list = pending.list.nextElementSibling;
  const { thread } = composer;
  const url = `${urls.held}?part${thread ? `&thread=${thread}` : ""}`;

  const show = async () => {
    // Without an answer it is shown with the next page.
    const answer = await fetched(url).catch(() => null);
    if (!answer) return;
    const shown = fromServer(await answer.text());
    for (const one of shown) prepare(one);
    list.replaceChildren(...shown);
  };
  const prepare = (one) => {
    const row = $(".message", one);
    const form = $("form", one);
    const again = $(".again", one);
    pending.settle(row.dataset.nonce);
    finish(row);
    form.onsubmit = async (event) => {
      event.preventDefault();
      await post(form.action, {}).catch(() => {}); // it stays, to be tried once more
      show();
    };
    if (!again) return;
    again.onclick = () => {
      putBack(composer, again.dataset.body);
      form.requestSubmit();
    };
  };

  outbox.on("sent", ({ ack }) => ack.held && show(), signal);
  outbox.socket.onHere("decided", ({ kind }) => /passed|withheld/.test(kind) && show(), signal);
  const arrived = ({ message }) => $(`[data-nonce="${message.nonce}"]`, list) && show();
  timeline.on("arrived", arrived, signal);
  // Also what was said before this module was there.
  if (config.has_held || $(".message:not(.pending, .failed)", pending.list)) show();
}
