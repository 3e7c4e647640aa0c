/** The left pane, the head and the title: what the rooms are called, and where there is news. */

import { isBlocked } from "./blocked.js";
import { $, $$, copyOf, make } from "./dom.js";
import { showCount } from "./lazily.js";
import { config, me, urls } from "./page.js";
import { shortcutOf } from "./shortcuts.js";

const STEPS = { previous: -1, next: 1, previous_unread: -1, next_unread: 1 };

export class Rooms {
  #newest = new Map();
  #first = new Map(); // the message that made a room unread
  #title = document.title;
  #count = 0;
  #wasAway = false;

  constructor({ socket, reading, pane, root }) {
    Object.assign(this, { socket, reading, pane });
    socket.on("welcome", ({ unread }) => this.#refresh(new Set(unread)));
    socket.on("state", (state) => state === "waiting" && this.#cutOff());
    socket.on("new_message", (frame) => this.#news(frame));
    socket.on("message_changed", (frame) => this.#gone(frame));
    socket.on("missed", ({ room, newest }) => room !== config.slug && this.#missed(room, newest));
    socket.on("read", (frame) => this.#read(frame));
    socket.on("all_read", () => this.#allRead());
    $(".all-read", pane).onclick = () => this.#readAll();
    socket.on("added_to_room", ({ room, about }) => this.#add(room, about));
    socket.on("removed_from_room", ({ room }) => this.#remove(room));
    socket.on("room_hidden", ({ room }) => room !== config.slug && this.#remove(room));
    socket.on("room_changed", ({ room, about }) => this.#describe(this.#linkTo(room), about));
    socket.onHere("room_changed", ({ about }) => this.#head(about, root));
    reading.on("changed", () => this.#showTitle());
    const marks = { subtree: true, childList: true, attributeFilter: ["data-unread"] };
    new MutationObserver(() => this.#showTitle()).observe(pane, marks);
    document.addEventListener("keydown", (event) => this.#key(event));
    this.#showTitle();
  }

  #showTitle() {
    // What stands under Activity stands in a room as well.
    const count = $$("[data-unread]:not(#activity)", this.pane).length + this.reading.unseen;
    document.title = (count ? `(${count}) ` : "") + this.#title;
    if (count !== this.#count) showCount((this.#count = count));
  }

  #head(about, root) {
    const name = $("#room-name");
    this.#title = this.#title.replace(name.textContent, () => about.name);
    name.textContent = about.name;
    $("#topic").textContent = about.topic;
    config.can_write = !about.archived && !config.held;
    root.classList.toggle("archived", about.archived);
    this.#showTitle();
  }

  #read({ room, id, thread, unread, mentions }) {
    if (thread) return;
    if (unread) this.#mark(room, true, mentions);
    else if (id >= (this.#newest.get(room) ?? 0)) this.#mark(room);
  }

  #readAll() {
    this.socket.send({ type: "mark_all_read" });
  }

  #allRead() {
    for (const { dataset } of $$("[data-unread][data-room]", this.pane)) this.#mark(dataset.room);
  }

  #news({ room, message }) {
    if (message.thread) return;
    this.#newest.set(room, message.id);
    if (room === config.slug) return;
    if (message.author.id === me.id) return this.#mark(room);
    if (!("unread" in (this.#linkTo(room)?.dataset ?? {}))) this.#first.set(room, message.id);
    const isNamed = message.mentions.includes(me.id) || message.mentions.includes(0);
    const isMeant = isNamed && !isBlocked(message.author.id);
    this.#mark(room, true, Number(this.#linkTo(room)?.dataset.mentions ?? 0) + isMeant);
  }

  /** Where what was taken back was all the news, there is none. */
  #gone({ room, message: { id, html } }) {
    if (!html && this.#first.get(room) === id && this.#newest.get(room) === id) this.#mark(room);
  }

  #cutOff() {
    this.#newest.clear();
    this.#wasAway = true;
  }

  /** After an absence; but what was heard since is newer than the welcome. */
  #refresh(unread) {
    if (this.#wasAway) this.#comeBack();
    for (const { dataset } of $$("a[data-room]", this.pane)) {
      const { room } = dataset;
      const isKnown = unread.has(room) === "unread" in dataset;
      if (isKnown || room === config.slug || this.#newest.has(room)) continue;
      this.#mark(room, unread.has(room));
    }
  }

  async #comeBack() {
    const { comeBack } = await import("./absence.js");
    await comeBack(this.pane, (room) => room === config.slug || this.#newest.has(room));
  }

  #mark(room, isUnread = false, mentions = 0) {
    const link = this.#linkTo(room);
    link?.toggleAttribute("data-unread", isUnread);
    if (mentions) link.dataset.mentions = mentions;
    else link?.removeAttribute("data-mentions");
  }

  #missed(room, newest = 0) {
    // Otherwise it was in a thread, or a change to what was said before.
    if (newest <= (this.#newest.get(room) ?? 0)) return;
    this.#newest.set(room, newest);
    this.#mark(room, true, this.#linkTo(room)?.dataset.mentions);
  }

  #linkTo(room) {
    return $$("a[data-room]", this.pane).find((link) => link.dataset.room === room);
  }

  #remove(room) {
    this.#linkTo(room)?.closest("li").remove();
  }

  #add(room, about) {
    if (this.#linkTo(room)) return;
    const row = copyOf(about.people ? "conversation-link" : "room-link");
    const link = $("a", row);
    link.dataset.room = room;
    link.href = `${urls.rooms}${encodeURIComponent(room)}/`;
    if (room === config.slug) link.ariaCurrent = "page";
    this.#describe(link, about);
    $(about.people ? "#my-conversations" : "#my-rooms", this.pane).prepend(row);
  }

  #describe(link, about) {
    if (!link) return;
    $(".name", link).textContent = about.name;
    if (about.people) this.#face(link, about.people);
    else link.toggleAttribute("data-private", about.kind !== "public");
    link.toggleAttribute("data-archived", about.archived);
  }

  #face(link, people) {
    if (people.length === 1) link.dataset.person = people[0].id;
    const faces = (people.length ? people : [me]).slice(0, 2);
    const pictures = faces.map(({ avatar: src }) => ({ className: "avatar small", alt: "", src }));
    $(".faces", link).replaceChildren(...pictures.map((picture) => make("img", picture)));
  }

  /** To the next room up or down, or the next with something new; or to be done with all. */
  #key(event) {
    const name = shortcutOf(event);
    if (name === "all_read") return this.#readAll();
    const step = STEPS[name];
    if (!step) return;
    event.preventDefault();
    const links = $$("a[data-room]", this.pane);
    for (let at = links.findIndex((link) => link.ariaCurrent) + step; links[at]; at += step) {
      if (!name.endsWith("unread") || "unread" in links[at].dataset) return links[at].click();
    }
  }
}
