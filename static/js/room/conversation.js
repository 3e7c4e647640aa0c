/** One conversation on the page, the room's own or a thread beside it: its rows, and what is said. */

import { $, idOf } from "./dom.js";
import { Composer } from "./composer.js";
import { deleter } from "./deleting.js";
import { History } from "./history.js";
import {
  completeWords,
  editor,
  enableActions,
  enableEdits,
  enableEmoji,
  enableFiles,
  enableFormatting,
  enableLater,
  enablePolls,
  enableReactions,
  enableUndo,
  keepDrafts,
  watchCalls,
} from "./lazily.js";
import { config, me } from "./page.js";
import { Pending } from "./pending.js";
import { Reading } from "./reading.js";
import { Scroll } from "./scroll.js";
import { Timeline } from "./timeline.js";
import { showTyping, tellTyping } from "./typing.js";

const KEPT = 400; // rows on the page, when one stays at its end for long
const room = config.slug;

export class Conversation {
  /** In `pane`, until `signal`. `decide`: the verbs of moderation; `openThread` is called with a
      message's id. */
  constructor({ pane, socket, status, outbox, catchup, decide, openThread, signal }) {
    const { dataset } = pane;
    const thread = Number(dataset.thread) || null;
    const log = $(".log", pane);
    const scroll = new Scroll($(".scroller", pane), $(".content", pane));
    const ends = { hasOlder: "hasOlder" in dataset, hasNewer: "hasNewer" in dataset };
    const timeline = new Timeline(log, ends);
    const history = new History({ timeline, scroll, thread, pane });
    const reading = new Reading({ socket, timeline, scroll, history, thread, pane, signal });
    const pending = new Pending({ list: $(".outbox", pane), outbox, timeline, thread, signal });
    const composer = new Composer($(".composer", pane), thread);
    const remove = deleter(status);
    const edit = editor({ socket, timeline, scroll, status, remove, composer });
    const stopTyping = tellTyping(socket, composer.textarea, thread);
    Object.assign(this, { pane, socket, status, thread, log, scroll, timeline, history, reading });
    Object.assign(this, { composer, pending, drafts: keepDrafts({ socket, composer, signal }) });

    composer.on("send", async ({ body, replyTo, ...more }) => {
      stopTyping();
      const item = outbox.add(room, body, replyTo, { ...more, thread });
      if (timeline.hasNewer) await history.toPresent();
      pending.show(item);
      scroll.toEnd();
    });
    composer.on("edit-last", () => {
      const mine = [...timeline.all].findLast((row) => row.matches(".mine:not([data-deleted])"));
      if (mine) edit(mine);
    });
    composer.on("scroll", (pages) => scroll.box.scrollBy({ top: pages * scroll.box.clientHeight }));
    pending.on("sent", ({ item, ack }) => {
      if (ack.revision <= catchup.revision) pending.settle(item.nonce);
      else catchup.expect(ack.revision);
    });

    const reactions = enableReactions({ log, status });
    const pin = (row, on) => status.ask({ type: "pin", id: idOf(row), on });
    const verbs = {
      ...reactions,
      reply: (row) => composer.replyTo(row),
      thread: (row) => openThread(idOf(row)),
      edit,
      forward: async (row) => (await import("./forward.js")).forward(row, status),
      remind: enableLater({ composer, status }),
      close: (row) => status.ask({ type: "close_poll", id: idOf(row) }),
      unread: (row) => {
        reading.rest();
        return status.ask({ type: "mark_unread", room, id: idOf(row) });
      },
      pin: (row) => pin(row, true),
      unpin: (row) => pin(row, false),
      delete: remove,
      ...decide,
    };
    enableActions({ log, scroll, status, thread, verbs });
    completeWords(composer.textarea);
    watchCalls(composer, status);
    enableEmoji($(".emoji", composer.form), composer.textarea);
    enableFiles({ composer, pane, socket, signal });
    enableFormatting(composer.form, composer.textarea);
    enablePolls({ log, status, composer });
    enableEdits(log);
    enableUndo({ composer, outbox, pending, timeline, status, signal });
    showTyping({ socket, line: $(".typing-line", pane), thread, signal });
  }

  /** Show those of `messages` that are of here, as they are now. */
  take(messages) {
    const { thread, timeline, scroll } = this;
    const isOfHere = (message) => message.thread === thread || message.id === thread;
    scroll.keeping(() => {
      for (const message of messages.filter(isOfHere)) {
        timeline.take(message);
        if (message.author.id === me.id) this.pending.settle(message.nonce);
      }
      if (scroll.isAtEnd) timeline.trim(KEPT);
    });
  }

  /** Load it afresh; gives the room's revision then. */
  reload() {
    const { history, scroll, timeline } = this;
    return scroll.keepingAcross((id) => history.reload(id), (id) => timeline.rows.get(id));
  }
}
