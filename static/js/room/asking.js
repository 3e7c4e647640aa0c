/** A question of the server's in a dialog: why, and for how long. Its page is where the link leads. */

import { $, copyOf, fromServer } from "./dom.js";
import { say } from "./words.js";

/** Ask what the page at `url` asks; what comes of it is told by `status`. */
export async function ask(url, status) {
  const address = new URL(url, location);
  address.searchParams.set("part", "");
  const dialog = copyOf("ask");
  const show = async (answer) => {
    if (answer.headers.get("Content-Type")?.startsWith("text/plain")) {
      dialog.close();
      return status.tell(await answer.text(), "done");
    }
    if (answer.redirected || (!answer.ok && answer.status !== 422)) throw new Error(answer.statusText);
    dialog.replaceChildren(...fromServer(await answer.text()));
    $("[data-cancel]", dialog).onclick = (event) => (event.preventDefault(), dialog.close());
    $("form", dialog).onsubmit = (event) => (event.preventDefault(), send(event.target));
  };
  const send = async (form) => {
    const body = new FormData(form);
    const buttons = form.querySelectorAll("button");
    for (const button of buttons) button.disabled = true; // once is enough
    try {
      await show(await fetch(address, { method: "POST", body }));
    } catch {
      for (const button of buttons) button.disabled = false;
      dialog.close();
      status.tell(say("not_now"));
    }
  };
  try {
    await show(await fetch(address));
  } catch {
    location.href = url;
    return;
  }
  $("#card")?.hidePopover();
  document.body.append(dialog);
  dialog.onclose = () => dialog.remove();
  dialog.showModal();
}
