/** The room page: every part made, and introduced to those that it works with. */

import { $ } from "./dom.js";
import { closeMenusOutside } from "../menus.js";
import { keepOfflinePage } from "../offline.js";
import { switchThemeInPlace } from "../theme.js";
import { tellZone } from "../zone.js";
import { Catchup } from "./catchup.js";
import { Conversation } from "./conversation.js";
import { enableSearchKeys } from "./finding.js";
import { enableShortcuts } from "./going.js";
import { enableCards, enableModeration, enableOffer, enableOnline, notice } from "./lazily.js";
import { openAtNews, showHint } from "./opening.js";
import { Outbox } from "./outbox.js";
import { config } from "./page.js";
import { enablePanes, fitKeyboard } from "./panes.js";
import { showPeople, tellOfArrivals } from "./people.js";
import { Rooms } from "./rooms.js";
import { Socket } from "./socket.js";
import { Status } from "./status.js";
import { enableThreads, watchThreads } from "./threads.js";
import { say } from "./words.js";

const root = $("#room");
const pane = $("#conversation");
const room = config.slug;

const socket = new Socket(config.ws, room);
const status = new Status({ socket, bar: $("#status"), conversation: pane });
const outbox = new Outbox(socket);
const conversations = new Set();
const catchup = new Catchup({
  socket,
  revision: config.revision,
  take: (messages) => conversations.forEach((one) => one.take(messages)),
  // The first revision: what came since is in the others already, and comes once more.
  reload: async () => (await Promise.all([...conversations].map((one) => one.reload())))[0],
  oldest: () => Math.min(...[...conversations].map((one) => one.timeline.oldest)),
});
const moderation = enableModeration({ socket, status, outbox, root });
const shared = { socket, status, outbox, catchup, decide: moderation.verbs };
const openThread = enableThreads({ ...shared, conversations, root });
const here = new Conversation({ ...shared, pane, openThread });
conversations.add(here);
const { scroll, log } = here;
const people = showPeople(socket);

let isOut = false; // joining would walk in again

async function join() {
  if (isOut) return;
  try {
    const joined = await socket.ask({ type: "join_room", room, since: catchup.revision });
    people(joined);
    here.drafts.then((drafts) => drafts.joined(joined.draft));
    moderation.joined(joined);
    notice(socket);
    for (const one of conversations) {
      one.history.watch();
      one.reading.look();
    }
    outbox.flush();
  } catch (refusal) {
    if (["not_found", "banned"].includes(refusal.code)) status.removed();
    else if (refusal.retryAfter) setTimeout(join, refusal.retryAfter * 1000);
    else if (refusal.message) status.tell(refusal.message);
  }
}

socket.on("welcome", ({ user }) => (user.id === config.user.id ? join() : location.reload()));
socket.onHere("room_moved", () => location.reload()); // its address leads there
socket.onHere("removed_from_room", () => {
  isOut = true;
  status.removed();
});
socket.on("error", ({ ref, message }) => ref || status.tell(message));
outbox.on("waiting", ({ seconds }) => {
  status.tell(say("waiting", { n: Math.ceil(seconds) }), "waiting");
});

new Rooms({ socket, reading: here.reading, pane: $("#rooms-pane"), root });
enableOnline($("#my-conversations"), socket);
enableCards($("#card"), status);
enableOffer(outbox);
enablePanes(root);
enableSearchKeys($("#search"));
fitKeyboard(root);
watchThreads(socket, $("#threads"));
tellOfArrivals({ socket, log, scroll });
enableShortcuts();
closeMenusOutside();
switchThemeInPlace();
keepOfflinePage();
tellZone();
openAtNews(here);
showHint();
root.classList.add("ready");
here.history.watch();
socket.connect();
