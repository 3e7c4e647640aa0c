/** The room page: every part made, and introduced to those that it works with. */

import { $ } from "./dom.js";
import { closeMenusOutside } from "../menus.js";
import { keepOfflinePage } from "../offline.js";
import { switchThemeInPlace } from "../theme.js";
import { Catchup } from "./catchup.js";
import { Composer } from "./composer.js";
import { deleter } from "./deleting.js";
import { enableSearchKeys } from "./finding.js";
import { History } from "./history.js";
import {
  completeWords,
  editor,
  enableActions,
  enableCards,
  enableEdits,
  enableEmoji,
  enableFiles,
  enableFormatting,
  enableLater,
  enableModeration,
  enableOnline,
  enablePolls,
  enableReactions,
  enableShortcuts,
  enableUndo,
  keepDrafts,
  notice,
} from "./lazily.js";
import { openAtNews } from "./opening.js";
import { Outbox } from "./outbox.js";
import { config, urls } from "./page.js";
import { enablePanes, fitKeyboard } from "./panes.js";
import { Pending } from "./pending.js";
import { showPeople, tellOfArrivals } from "./people.js";
import { Reading } from "./reading.js";
import { Rooms } from "./rooms.js";
import { Scroll } from "./scroll.js";
import { Socket } from "./socket.js";
import { Status } from "./status.js";
import { watchThreads } from "./threads.js";
import { Timeline } from "./timeline.js";
import { showTyping, tellTyping } from "./typing.js";
import { say } from "./words.js";

const KEPT = 400; // rows on the page, when one stays at its end for long

const root = $("#room");
const log = $("#log");
const room = config.slug;

const socket = new Socket(config.ws, room);
const status = new Status({ socket, bar: $("#status"), conversation: $("#conversation") });
const scroll = new Scroll($("#scroller"), $("#content"));
const timeline = new Timeline(log, { hasOlder: "hasOlder" in urls, hasNewer: "hasNewer" in urls });
const [older, newer] = [$("#older"), $("#newer")];
const history = new History({ timeline, scroll, url: urls.messages, older, newer });
const reading = new Reading({ socket, timeline, scroll, history, button: $("#jump") });
const outbox = new Outbox(socket);
const pending = new Pending({ list: $("#outbox"), outbox, timeline });
const composer = new Composer($("#composer"));
const drafts = keepDrafts({ socket, composer, pane: $("#rooms-pane") });
const remove = deleter(status);
const edit = editor({ socket, timeline, scroll, status, remove, composer });
const people = showPeople(socket);
const { thread } = config;
// Who writes in a thread does not write in the room.
const stopTyping = thread ? () => {} : tellTyping(socket, composer.textarea);
const isOfHere = (message) => message.thread === thread || message.id === thread;

const catchup = new Catchup({
  socket,
  revision: config.revision,
  take: (messages) =>
    scroll.keeping(() => {
      for (const message of messages.filter(isOfHere)) {
        timeline.take(message);
        if (message.author.id === config.user.id) pending.settle(message.nonce);
      }
      if (scroll.isAtEnd) timeline.trim(KEPT);
    }),
  reload: () => scroll.keepingAcross((id) => history.reload(id), (id) => timeline.rows.get(id)),
});

let isOut = false; // joining would walk in again

async function join() {
  if (isOut) return;
  try {
    const here = await socket.ask({ type: "join_room", room, since: catchup.revision });
    people(here);
    drafts.then((begun) => begun.joined(here.draft));
    notice({ socket, outbox });
    history.watch();
    reading.look();
    outbox.flush();
  } catch (refusal) {
    if (["not_found", "banned"].includes(refusal.code)) status.removed();
    else if (refusal.retryAfter) setTimeout(join, refusal.retryAfter * 1000);
    else if (refusal.message) status.tell(refusal.message);
  }
}

socket.on("welcome", ({ user }) => (user.id === config.user.id ? join() : location.reload()));
socket.onHere("removed_from_room", () => {
  isOut = true;
  status.removed();
});
socket.on("error", ({ ref, message }) => ref || status.tell(message));

composer.on("send", async ({ body, replyTo, ...more }) => {
  stopTyping();
  const item = outbox.add(room, body, replyTo, more);
  if (timeline.hasNewer) await history.toPresent();
  pending.show(item);
  scroll.toEnd();
});
composer.on("edit-last", () => {
  const mine = [...timeline.all].findLast((row) => row.matches(".mine:not([data-deleted])"));
  if (mine) edit(mine);
});
composer.on("scroll", (pages) => scroll.box.scrollBy({ top: pages * scroll.box.clientHeight }));
outbox.on("waiting", ({ seconds }) => {
  status.tell(say("waiting", { n: Math.ceil(seconds) }), "waiting");
});
outbox.on("sent", ({ item, ack }) => {
  if (item.room !== room || (item.thread ?? null) !== thread) return;
  if (ack.revision <= catchup.revision) pending.settle(item.nonce);
  else catchup.expect(ack.revision);
});

const reactions = enableReactions({ log, status });
const pin = (row, on) => status.ask({ type: "pin", id: Number(row.dataset.id), on });
const verbs = {
  ...reactions,
  reply: (row) => composer.replyTo(row),
  thread: (row) => location.assign(`?thread=${row.dataset.id}`),
  edit,
  forward: async (row) => (await import("./forward.js")).forward(row, status),
  remind: enableLater({ composer, status }),
  close: (row) => status.ask({ type: "close_poll", id: Number(row.dataset.id) }),
  unread: (row) => {
    reading.rest();
    return status.ask({ type: "mark_unread", room, id: Number(row.dataset.id) });
  },
  pin: (row) => pin(row, true),
  unpin: (row) => pin(row, false),
  delete: remove,
  ...enableModeration({ socket, status, composer, outbox, root }),
};
enableActions({ log, scroll, status, verbs });
new Rooms({ socket, reading, pane: $("#rooms-pane"), root });
enableOnline($("#my-conversations"), socket);
completeWords(composer.textarea);
enableEmoji($(".emoji", composer.form), composer.textarea);
enableFiles(composer, log);
enableFormatting(composer.form, composer.textarea);
enablePolls({ log, status, composer });
enableCards($("#card"));
enableEdits(log);
enableUndo({ composer, outbox, pending, timeline, status });
enablePanes(root);
enableSearchKeys($("#search"));
fitKeyboard(root);
if (!thread) showTyping(socket, $("#typing"));
watchThreads(socket, $("#threads"));
tellOfArrivals({ socket, log, scroll });
enableShortcuts();
closeMenusOutside();
switchThemeInPlace();
keepOfflinePage();
openAtNews({ timeline, scroll, reading, history, composer });
history.watch();
socket.connect();
