/** Making a poll. It is sent like any message, by way of the outbox. */

import { $, $$, copyOf } from "./dom.js";
import { floatOnce } from "./floating.js";
import { say } from "./words.js";

const MOST = 10;
const HOUR = 3_600_000;

/** Open the form beside `anchor`; what comes of it is said by `composer`. */
export function ask(anchor, composer) {
  const dialog = copyOf("poll-form");
  const form = $("form", dialog);
  const choices = $(".choices-field", form);
  const more = $(".adds", form);
  const count = () => (more.hidden = $$("input", choices).length === MOST);
  more.onclick = () => {
    const another = copyOf("poll-choice");
    $("button", another).onclick = () => (another.remove(), count(), more.focus());
    choices.append(another);
    $("input", another).focus();
    count();
  };
  form.oninput = () => ($(".note", form).textContent = "");
  form.onsubmit = (event) => {
    event.preventDefault();
    const texts = $$("input", choices).map(({ value }) => value.trim()).filter(Boolean);
    if (texts.length < 2 || new Set(texts).size < texts.length) {
      $(".note", form).textContent = say("choices_differ");
      return;
    }
    const hours = Number(form.hours.value);
    const poll = { choices: texts, several: form.several.checked };
    if (hours) poll.closes_at = new Date(Date.now() + hours * HOUR).toISOString();
    dialog.close();
    composer.tell("send", { body: form.question.value, poll });
  };
  floatOnce(dialog, anchor);
}
