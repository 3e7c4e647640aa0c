/** Correcting one's own message in its place. */

import { $, copyOf, fetched, idOf } from "./dom.js";
import { urls } from "./page.js";
import { grow, isComposing, isDone } from "./textarea.js";
import { say } from "./words.js";

export class Editing {
  #row = null;
  #form = null;
  #isSaving = false;

  /** `remove(row)` asks whether to delete. */
  constructor({ socket, timeline, scroll, status, remove, composer }) {
    Object.assign(this, { socket, scroll, status, remove, composer });
    timeline.on("replaced", (change) => this.#replaced(change));
  }

  async edit(row) {
    this.#close();
    let source;
    try {
      source = await sourceOf(row);
    } catch {
      return this.status.tell(say("not_now"));
    }
    if (!row.isConnected) return;
    this.#form = copyOf("edit");
    const textarea = $("textarea", this.#form);
    textarea.value = source;
    textarea.addEventListener("input", () => grow(textarea));
    textarea.addEventListener("keydown", (event) => this.#key(event));
    this.#form.addEventListener("submit", (event) => (event.preventDefault(), this.#save()));
    $("[type=button]", this.#form).onclick = () => this.#cancel();
    this.#attach(row);
    textarea.setSelectionRange(source.length, source.length);
  }

  #attach(row) {
    this.#row = row;
    row.classList.add("editing");
    const textarea = $("textarea", this.#form);
    this.scroll.keeping(() => {
      row.append(this.#form);
      grow(textarea);
    });
    this.scroll.to(this.#form, "nearest");
    textarea.focus();
  }

  #key(event) {
    if (isDone(event)) {
      event.preventDefault();
      this.#save();
    } else if (event.key === "Escape" && !isComposing(event)) {
      event.stopPropagation();
      this.#cancel();
    }
  }

  async #save() {
    const { value } = $("textarea", this.#form);
    if (!value.trim() && !$(".files", this.#row)) return this.remove(this.#row);
    if (this.#isSaving) return;
    this.#isSaving = true;
    try {
      await this.socket.ask({ type: "edit_message", id: idOf(this.#row), body: value });
      this.#cancel();
    } catch (refusal) {
      $(".note", this.#form).textContent = refusal.message || say("not_now");
    } finally {
      this.#isSaving = false;
    }
  }

  /** The message has become another one while it was being edited. */
  #replaced({ old, row }) {
    if (old !== this.#row || this.#isSaving) return;
    if (row.matches("[data-deleted]")) return this.#close();
    this.#attach(row);
    $(".note", this.#form).textContent = say("changed_meanwhile");
  }

  #cancel() {
    this.#close();
    this.composer.textarea.focus();
  }

  #close() {
    this.#row?.classList.remove("editing");
    this.#form?.remove();
    this.#row = this.#form = null;
  }
}

async function sourceOf(row) {
  const headers = { Accept: "application/json" };
  const answer = await fetched(`${urls.messages}?source=${row.dataset.id}`, { headers });
  return (await answer.json()).body;
}
