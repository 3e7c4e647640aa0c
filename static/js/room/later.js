/** Messages to be sent later, and messages to be reminded of. */

import { askWhen } from "./when.js";
import { config, urls } from "./page.js";
import { dayAndTime } from "./times.js";
import { say } from "./words.js";
import { post } from "../posting.js";

/** What keeps the files from being sent, in words; "" for nothing. */
function obstacle(tray) {
  if (!tray?.isBusy) return "";
  const n = tray.failed.length;
  return n ? say("files_failed", { n }) : say("no_files_later");
}

/** Ask when to send what is written, and leave that to the server. */
export function sendLater(anchor, composer, status) {
  const { thread, tray } = composer;
  const reason = obstacle(tray);
  tray?.waitNoMore();
  if (reason) return status.tell(reason);
  if (!composer.said) return;
  askWhen(anchor, { title: say("send_later"), yes: say("send_then") }, async (moment) => {
    const late = obstacle(tray); // one can be dropped also while this asks
    if (late) throw new Error(late);
    const { said } = composer;
    if (!said) return; // it was sent from another device
    const { body, replyTo: reply_to } = said;
    const attachments = JSON.stringify(tray?.ids ?? []);
    const due_at = moment.toISOString();
    await post(`${urls.messages}scheduled/`, { body, reply_to, thread, attachments, due_at });
    tray?.empty();
    composer.clear();
    status.tell(say("scheduled", { when: dayAndTime(moment) }), "done");
  });
}

export function remindOf(row, status) {
  askWhen(row, { title: say("remind_me"), yes: say("remind_me") }, async (moment) => {
    const url = `${urls.rooms}${encodeURIComponent(config.slug)}/messages/${row.dataset.id}/remind/`;
    await post(url, { due_at: moment.toISOString() });
    status.tell(say("reminding", { when: dayAndTime(moment) }), "done");
  });
}
