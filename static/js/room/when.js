/** Asking for a moment to come: some that are often meant, and any other. */

import { $, $$, copyOf } from "./dom.js";
import { floatOnce } from "./floating.js";
import { dayAndTime } from "./times.js";
import { say } from "./words.js";

const MINUTE = 60_000;

/** The moments that are offered, by the names of their buttons. */
function moments() {
  const at = (days, hour) => {
    const day = new Date();
    day.setDate(day.getDate() + days);
    day.setHours(hour, 0, 0, 0);
    return day;
  };
  const toMonday = (8 - new Date().getDay()) % 7 || 7;
  return {
    soon: new Date(Date.now() + 20 * MINUTE),
    hour: new Date(Date.now() + 60 * MINUTE),
    tomorrow: at(1, 9),
    monday: at(toMonday, 9),
  };
}

/** `moment` as a field has it, by the browser's own clock. */
const local = (moment) =>
  new Date(moment - moment.getTimezoneOffset() * MINUTE).toISOString().slice(0, 16);

/** Ask beside `anchor`, under the heading `title` and with `yes` on the button; `act` gets the Date,
    and what it throws is shown. */
export function askWhen(anchor, { title, yes }, act) {
  const dialog = copyOf("when");
  const form = $("form", dialog);
  const all = moments();
  const error = $("[role=alert]", form);
  $("h2", dialog).textContent = title;
  $(".primary", form).textContent = yes;
  form.at.value = local(all.tomorrow);
  const choose = async (moment) => {
    try {
      if (!(moment > Date.now())) throw new Error(say("when_over"));
      await act(moment);
      dialog.close();
    } catch ({ message }) {
      error.textContent = message || say("not_now");
      error.hidden = false;
    }
  };
  for (const button of $$("[data-when]", dialog)) {
    const moment = all[button.dataset.when];
    $("span", button).textContent = dayAndTime(moment);
    button.onclick = () => choose(moment);
  }
  form.onsubmit = (event) => {
    event.preventDefault();
    choose(new Date(form.at.value));
  };
  floatOnce(dialog, anchor);
}
