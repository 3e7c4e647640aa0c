/** Asks whether to be told, once, after something was said: then one waits for an answer. */

import { $, copyOf } from "./dom.js";
import { config, store } from "./page.js";
import { isSupported, turnOn } from "../push.js";

const ASKED = "asked-to-tell";

export function offer(conversation) {
  if (!isSupported() || Notification.permission !== "default" || store.read(ASKED)) return;
  store.write(ASKED, true);
  const bar = copyOf("offer");
  bar.addEventListener("click", async ({ target }) => {
    const button = target.closest("button");
    if (!button) return;
    bar.remove();
    // Whoever says yes here and no to the browser finds it among the settings.
    if (button.value === "yes") await turnOn(config.session).catch(() => {});
  });
  conversation.append(bar);
}
