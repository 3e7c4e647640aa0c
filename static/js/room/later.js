/** Messages to be sent later, and messages to be reminded of. */

import { askWhen } from "./when.js";
import { config, urls } from "./page.js";
import { dayAndTime } from "./times.js";
import { say } from "./words.js";
import { post } from "../posting.js";

/** Ask when to send what is written, and leave that to the server. */
export function sendLater(anchor, composer, status) {
  const failed = composer.tray?.failed.length;
  if (failed) return status.tell(say("files_failed", { n: failed }));
  if (composer.tray?.isBusy) return status.tell(say("no_files_later"));
  if (!composer.said) return;
  askWhen(anchor, { title: say("send_later"), yes: say("send_then") }, async (moment) => {
    const { body, replyTo: reply_to } = composer.said;
    const { thread, tray } = composer;
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
