/** The files that the next message takes along: shown above the text, uploaded at once. */

import { $, copyOf, make } from "./dom.js";
import { config, placeOf, store } from "./page.js";
import "./sketch.js"; // for the outbox, where the connection goes meanwhile
import { Upload, readable } from "./upload.js";
import { say } from "./words.js";
import { token } from "../posting.js";

const AT_ONCE = 3;

export class Tray {
  #chips = new Map(); // Upload -> its element
  #isWaiting = false;
  #isFull = false;

  constructor(composer, socket, signal) {
    const { form, thread } = composer;
    Object.assign(this, { composer, kept: `files:${placeOf(thread)}` });
    this.list = $(".tray", form);
    this.url = $("[type=file]", form).dataset.url;
    composer.tray = this;
    this.putBack(store.read(this.kept, []));
    const goOn = () => {
      for (const upload of this.failed) if (upload.canRetry) upload.start(this.url);
    };
    // The connection is back, or the server.
    socket.addEventListener("welcome", goOn, { signal });
    addEventListener("beforeunload", (event) => this.#isSending && event.preventDefault(), { signal });
  }

  get length() {
    return this.#chips.size;
  }

  get #uploads() {
    return [...this.#chips.keys()];
  }

  /** Whether something is still on its way, or could not be sent and must be decided on. */
  get isBusy() {
    return this.#uploads.some(({ state }) => state !== "done");
  }

  get failed() {
    return this.#uploads.filter(({ state }) => state === "failed");
  }

  get #isSending() {
    return this.#uploads.some(({ state }) => state === "sending");
  }

  /** What is to be said below the composer. */
  get note() {
    if (this.#isFull) return say("too_many_files", { n: config.limits.files });
    if (this.failed.length) return say("files_failed", { n: this.failed.length });
    return this.#isWaiting ? say("sent_when_ready") : "";
  }

  add(files) {
    const room = config.limits.files - this.length;
    this.#isFull = files.length > room;
    for (const file of files.slice(0, room)) this.#show(new Upload(file));
    this.#changed();
    if (files.some(({ waveform }) => waveform)) this.sendWhenReady();
    else this.composer.textarea.focus();
  }

  sendWhenReady() {
    this.#isFull = false;
    this.#isWaiting = true;
    this.#changed();
    if (!this.#isWaiting) this.composer.shake();
  }

  /** Not to be sent by itself after all. */
  waitNoMore() {
    this.#isWaiting = false;
    this.#changed();
  }

  get ids() {
    return this.#uploads.map(({ about }) => about.id);
  }

  /** Give what was uploaded, and begin anew. */
  empty() {
    const files = this.#uploads.map(({ about }) => about);
    for (const chip of this.#chips.values()) chip.remove();
    this.#chips.clear();
    this.#changed();
    return files;
  }

  /** Take in what the server has already. */
  putBack(files) {
    for (const about of files) this.#show(new Upload(null, about));
    this.#changed();
  }

  #show(upload) {
    const chip = copyOf("tray-file");
    $(".name", chip).textContent = upload.name;
    const acts = {
      remove: () => this.#drop(upload),
      retry: () => upload.start(this.url),
      describe: () => this.#describe(upload),
    };
    for (const [name, act] of Object.entries(acts)) {
      const button = $(`.${name}`, chip);
      button.ariaLabel = button.title = say(`${name}_file`, { name: upload.name });
      button.onclick = act;
    }
    const shown = $(".shown", chip);
    look(upload, shown);
    this.#chips.set(upload, chip);
    this.list.append(chip);
    upload.on("changed", () => {
      // The server makes pictures also of what this browser cannot show.
      if (upload.about && !$("img", shown)) look(upload, shown);
      this.#changed();
    });
  }

  async #describe(upload) {
    const { describe } = await import("./describe.js");
    describe($(".describe", this.#chips.get(upload)), upload.about, (about) => {
      upload.about = about;
      this.#changed();
    });
  }

  #drop(upload) {
    upload.cancel();
    if (upload.about) discard(upload.about);
    this.#chips.get(upload).remove();
    this.#chips.delete(upload);
    this.#isFull = false;
    this.#changed();
    this.composer.textarea.focus();
  }

  #changed() {
    const uploads = this.#uploads;
    const sending = uploads.filter(({ state }) => state === "sending").length;
    const next = uploads.find(({ state }) => state === "waiting");
    if (next && sending < AT_ONCE) return next.start(this.url); // which calls this again
    for (const [upload, chip] of this.#chips) draw(upload, chip);
    this.list.hidden = !uploads.length;
    const isStuck = this.failed.length > 0;
    if (!uploads.length || isStuck) this.#isWaiting = false;
    store.write(this.kept, uploads.length && uploads.map(({ about }) => about).filter(Boolean));
    const { form } = this.composer;
    form.classList.toggle("waits", this.#isWaiting);
    form.classList.toggle("stuck", isStuck);
    $(".send", form).ariaDisabled = String(isStuck);
    this.composer.fit();
    if (this.#isWaiting && !this.isBusy) {
      this.#isWaiting = false;
      form.requestSubmit();
    }
  }
}

/** It takes up room of its owner's; should this fail, the server does it in a day. */
function discard({ url }) {
  const headers = { "X-CSRFToken": token() };
  const where = new URL("discard/", new URL(url, location));
  fetch(where, { method: "POST", headers, keepalive: true }).catch(() => {});
}

/** What only calls itself a picture keeps the sign of a file. */
function look(upload, shown) {
  const picture = pictureOf(upload);
  if (!picture) return;
  picture.onload = () => {
    URL.revokeObjectURL(picture.src);
    shown.replaceChildren(picture);
  };
}

function pictureOf({ file, about }) {
  const src = about ? (about.thumbnail ?? (about.kind === "picture" && about.url)) : urlOf(file);
  return src && make("img", { src, alt: "" });
}

const urlOf = (file) => file.type.startsWith("image/") && URL.createObjectURL(file);

function draw(upload, chip) {
  const { state, progress, error, file, about } = upload;
  chip.className = `tray-file ${state}`;
  const known = about?.description ?? readable(about?.size ?? file.size);
  const note = { waiting: say("file_waits"), failed: error }[state] ?? known;
  if ($(".note", chip).textContent !== note) $(".note", chip).textContent = note;
  $("progress", chip).value = progress;
  $("progress", chip).hidden = state !== "sending";
  $(".describe", chip).hidden = about?.kind !== "picture";
  $(".retry", chip).hidden = state !== "failed" || !upload.canRetry;
}
