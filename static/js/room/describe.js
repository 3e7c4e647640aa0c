/** Saying what is to be seen on a picture, for who does not see it. */

import { $, copyOf } from "./dom.js";
import { floatOnce } from "./floating.js";
import { isDone } from "./textarea.js";
import { say } from "./words.js";
import { token } from "../posting.js";

/** Ask beside `anchor` what the picture at `url` shows, `description` being what was said of it so
    far; `act` gets the file as the server has it then. */
export function describe(anchor, { url, thumbnail, description = "" }, act) {
  const dialog = copyOf("describe");
  const form = $("form", dialog);
  const error = $("[role=alert]", form);
  $("img", form).src = thumbnail ?? url;
  form.description.value = description;
  form.onkeydown = (event) => {
    if (event.target !== form.description || !isDone(event)) return;
    event.preventDefault();
    form.requestSubmit();
  };
  form.onsubmit = async (event) => {
    event.preventDefault();
    try {
      act(await save(url, form.description.value));
      dialog.close();
    } catch ({ message }) {
      error.textContent = message;
      error.hidden = false;
    }
  };
  floatOnce(dialog, anchor);
}

async function save(url, description) {
  const headers = { "X-CSRFToken": token() };
  const where = new URL("describe/", new URL(url, location));
  const body = new URLSearchParams({ description });
  const answer = await fetch(where, { method: "POST", headers, body }).catch(() => null);
  const said = await answer?.json().catch(() => null);
  if (!answer?.ok) throw new Error(said?.message ?? say("not_now"));
  return said;
}
