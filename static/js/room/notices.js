/** What the site tells this person while they look elsewhere: one sound, and a notice. */

import { config, me, store } from "./page.js";
import { markOf } from "../push-mark.js";

const SILENT = "chatsite:silent";
const KEPT = 60_000; // ms: for that long other tabs may hear of the same
const TONES = [
  { pitch: 660, at: 0 },
  { pitch: 880, at: 0.11 },
];

/** Tell the server whether the room of this tab is before somebody's eyes. */
export function look(socket) {
  isListening ||= listen(socket);
  socket.send({ type: "look", room: socket.room, on: !document.hidden });
  if (!document.hidden && isAllowed()) clear(socket.room);
}

let isListening = false;

function listen(socket) {
  document.addEventListener("visibilitychange", () => look(socket));
  socket.on("notified", tell);
  const mark = localStorage.getItem(markOf(me.id));
  // The site forgot this browser with the session in which it was asked to tell.
  if (mark && mark !== config.session) {
    import("../push.js").then(({ renew }) => renew(me.id, config.session));
  }
  return true;
}

const isAllowed = () => isSecureContext && window.Notification?.permission === "granted";

/** Whether no other tab of this person has sounded for this notice, or is about to. */
function isFirst({ id, tag }) {
  const claim = () => {
    const told = store.read("sounded", []).filter(({ at }) => Date.now() - at < KEPT);
    // By tag: a reminder is of a message that is older than others that were told of.
    if (told.some((one) => one.tag === tag && one.id >= id)) return false;
    store.write("sounded", [...told, { id, tag, at: Date.now() }]);
    return true;
  };
  // Without https there are no locks; two tabs in the same instant are rare.
  return navigator.locks ? navigator.locks.request("chatsite:told", claim) : claim();
}

async function tell(notice) {
  if (document.hidden && isAllowed()) {
    // It knows all tabs, and whether one is before somebody's eyes.
    const { active } = await navigator.serviceWorker.ready;
    active.postMessage(notice);
  }
  // Only a page that was used may sound: it must not take the turn of one that can.
  if (localStorage.getItem(SILENT) || navigator.userActivation?.hasBeenActive === false) return;
  if (await isFirst(notice)) sound();
}

function sound() {
  const context = new AudioContext();
  for (const { pitch, at } of TONES) {
    const [tone, volume] = [context.createOscillator(), context.createGain()];
    const begin = context.currentTime + at;
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0.0001, begin);
    volume.gain.exponentialRampToValueAtTime(0.15, begin + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.0001, begin + 0.35);
    tone.connect(volume).connect(context.destination);
    tone.start(begin);
    tone.stop(begin + 0.4);
  }
  setTimeout(() => context.close(), 1000);
}

/** Take away what was shown of a room that is being looked at now. */
async function clear(room) {
  const registration = await navigator.serviceWorker.ready;
  for (const shown of await registration.getNotifications({ tag: room })) shown.close();
}
