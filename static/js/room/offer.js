/** Asks whether to be told, once, after something was said: then one waits for an answer. */

import { $, copyOf } from "./dom.js";
import { config, me, store } from "./page.js";
import { say } from "./words.js";
import { isSupported, turnOn } from "../push.js";

const ASKED = "asked-to-tell";

export function offer(conversation) {
  if (!isSupported() || Notification.permission !== "default" || store.read(ASKED)) return;
  store.write(ASKED, true);
  const bar = copyOf("offer");
  bar.addEventListener("click", async ({ target }) => {
    const button = target.closest("button");
    if (!button) return;
    if (button.value !== "yes") return bar.remove();
    button.disabled = true;
    const now = await turnOn(me.id, config.session).catch(() => "off");
    if (now === "on") return bar.remove();
    button.remove();
    $("p", bar).hidden = true;
    $("[role=alert]", bar).hidden = false;
    $("button", bar).textContent = say("close");
  });
  conversation.append(bar);
}
