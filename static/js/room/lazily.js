/** What most visits never need is loaded when it is first asked for. */

import { $, opensElsewhere } from "./dom.js";
import { config, urls } from "./page.js";
import { shortcutOf } from "./shortcuts.js";
import { say } from "./words.js";

const FORMATS = ["bold", "italic", "code", "link"];
const CALL = /(?<![\w@/.])@(room(?!\w)|所有人)/i; // as chat/markup/mentions.py has it
const NOT_TO_REACT = "a, button, pre, textarea, input, video, audio, .poll";

/** A function that lets a row be edited; `parts` as Editing wants them. */
export function editor(parts) {
  let editing;
  return async (row) => {
    const { Editing } = await import("./editing.js");
    editing ??= new Editing(parts);
    editing.edit(row);
  };
}

/** Offer emoji and names once a colon or an @ is written. */
export function completeWords(textarea) {
  textarea.addEventListener("input", async function begun() {
    if (!/[:@]/.test(textarea.value)) return;
    textarea.removeEventListener("input", begun);
    const { Completion } = await import("./completion.js");
    new Completion(textarea);
  });
}

/** Who may not call everybody at once, and does, hears that it told nobody. */
export function watchCalls(composer, status) {
  if (!("callsNobody" in urls)) return;
  composer.on("send", ({ body }) => CALL.test(body) && status.tell(say("called_nobody")));
}

/** Let the button in the composer put an emoji where the text is being written. */
export function enableEmoji(button, textarea) {
  button.onclick = async () => {
    const { pick } = await import("./picker.js");
    const sign = await pick(button);
    if (sign) (await import("./textarea.js")).insert(textarea, sign);
  };
}

/** Let the toolbar's buttons, and Ctrl or ⌘ with B, I and E, format what is written. */
export function enableFormatting(form, textarea) {
  const format = async (name) => (await import("./formatting.js")).format(textarea, name);
  const toggle = $(".format", form);
  toggle.onclick = () => {
    toggle.ariaExpanded = String(form.classList.toggle("formats"));
    textarea.focus();
  };
  form.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-format]");
    if (button) format(button.dataset.format);
  });
  textarea.addEventListener("keydown", (event) => {
    const name = shortcutOf(event);
    if (!FORMATS.includes(name)) return;
    event.preventDefault();
    format(name);
  });
}

/** What others think of a message: press a chip to join in, double click for the last used. */
export function enableReactions(parts) {
  const { log } = parts;
  let made;
  const reactions = async () => (made ??= new (await import("./reactions.js")).Reactions(parts));
  log.addEventListener("click", async ({ target }) => {
    const chip = target.closest(".reaction");
    if (chip) (await reactions()).toggle(chip);
  });
  log.addEventListener("dblclick", async ({ target }) => {
    const row = target.closest(".message:not([data-deleted])");
    if (row && !target.closest(NOT_TO_REACT)) (await reactions()).again(row);
  });
  for (const type of ["pointerover", "focusin"]) {
    log.addEventListener(type, async ({ target, pointerType }) => {
      const chip = target.closest("[data-who]");
      // A tap is neither: what it chose must not be covered by who else did.
      const isMeant = type === "focusin" ? target.matches(":focus-visible") : pointerType !== "touch";
      if (chip && isMeant) (await import("./tallies.js")).tellWho(chip);
    });
  }
  return {
    react: async (row, anchor) => (await reactions()).choose(row, anchor),
    give: async (row, sign) => (await reactions()).give(row, sign),
  };
}

/** Show what a message said before when its mark "edited" is pressed. */
export function enableEdits(log) {
  log.addEventListener("click", async (event) => {
    const link = event.target.closest("a.edited");
    if (!link || opensElsewhere(event)) return;
    event.preventDefault();
    (await import("./edits.js")).showEdits(link);
  });
}

/** Let polls be voted in, and made with the button among those for formatting. */
export function enablePolls({ log, status, composer }) {
  log.addEventListener("click", async ({ target }) => {
    const choice = target.closest(".choice");
    if (choice) (await import("./polls.js")).vote(choice, status);
  });
  $(".asks", composer.form).onclick = async ({ target }) => {
    (await import("./poll-form.js")).ask(target, composer);
  };
}

// What nobody needs at the first look at a page; but a page that is never at rest needs it too.
const atRest = (act) =>
  window.requestIdleCallback ? requestIdleCallback(act, { timeout: 1000 }) : setTimeout(act);

/** Let files be attached, and those of messages be looked at and heard. */
export function enableFiles(parts) {
  atRest(async () => (await import("./attaching.js")).enableFiles(parts));
}

/** What can be done with a message. */
export function enableActions(parts) {
  atRest(async () => new (await import("./actions.js")).Actions(parts));
}

/** Show the card of a person whose name or picture is pressed. */
export function enableCards(card, status) {
  document.addEventListener("click", async (event) => {
    const { target } = event;
    const picture = target.matches(".message > .avatar") && target.parentElement;
    const link = picture ? $(".who", picture) : target.closest("a.who, a[data-card]");
    if (!link || opensElsewhere(event)) return;
    event.preventDefault();
    const { showCard } = await import("./card.js");
    showCard(card, link, target, status);
  });
}

/** Let what is written be sent later, and remind of what was. */
export function enableLater({ composer, status }) {
  const later = () => import("./later.js");
  const ask = async (anchor) => (await later()).sendLater(anchor, composer, status);
  const [button, send] = [$(".later", composer.form), $(".send", composer.form)];
  button.onclick = () => ask(button);
  send.oncontextmenu = (event) => {
    event.preventDefault();
    if (event.pointerType !== "touch") ask(send);
  };
  // Not every phone makes a context menu of a finger that rests.
  atRest(async () => (await import("./hold.js")).onHold(send, () => ask(send)));
  return async (row) => (await later()).remindOf(row, status);
}

/** Let what was just sent be taken back, and show what of it a filter holds back. */
export function enableUndo(parts) {
  atRest(async () => new (await import("./undo.js")).Undo(parts));
}

/** What is written and not sent: needed at once, but not before the page can be read. */
export const keepDrafts = async (parts) => new (await import("./drafts.js")).Drafts(parts);

/** This room is open: tell the server whether it is looked at, and the person what is for them. */
export const notice = async (socket) => (await import("./notices.js")).look(socket);

/** Ask, once something was said, whether to be told of answers. */
export function enableOffer(outbox) {
  outbox.on("sent", async () => (await import("./offer.js")).offer($("#conversation")));
}

/** Show on the icons how much waits. */
export const showCount = async (count) => (await import("./badge.js")).showCount(count);

/** Say at the names of those one writes with whether they have the site open. */
export function enableOnline(list, socket) {
  const begin = async () => (await import("./online.js")).watch(list, socket);
  const look = () => list.firstElementChild && begin();
  new MutationObserver(look).observe(list, { childList: true });
  look();
}

/** Reporting, deciding, and what was decided: none of it before it is needed. */
export function enableModeration(parts) {
  const { socket, status } = parts;
  const ask = async (url) => (await import("./asking.js")).ask(url, status);
  const standing = async () => (await import("./standing.js")).standing(parts);
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-ask]");
    if (!link || opensElsewhere(event)) return;
    event.preventDefault();
    ask(link.href);
  });
  socket.on("decided", async (frame) => (await standing()).decided(frame));
  socket.onHere("reported", async ({ count }) => (await standing()).reported(count));
  const changed = async ({ about, ...ack }) => {
    const isNews = about.slow || about.locked || ack.muted || config.slow || config.held;
    if (isNews) (await standing()).changed(about, ack);
  };
  socket.onHere("room_changed", changed);
  if (config.slow || config.held) standing();
  const about = (what) => (row) => ask(`${what}/?message=${row.dataset.id}`);
  const verbs = {
    report: about("report"),
    remove: about("moderation/remove"),
    mute: about("moderation/mute"),
    ban: about("moderation/ban"),
  };
  return { verbs, joined: changed };
}
