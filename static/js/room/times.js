/** Times and days as the viewer's clock and language have them. */

import { config } from "./page.js";
import { language } from "./words.js";

const timeZone = config.time_zone || undefined;
const format = (options) => new Intl.DateTimeFormat(language, { timeZone, ...options });

const clock = format({ timeStyle: "short" });
const medium = format({ dateStyle: "medium", timeStyle: "short" });
const full = format({ dateStyle: "full", timeStyle: "short" });
const thisYear = format({ weekday: "long", day: "numeric", month: "long" });
const otherYear = format({ day: "numeric", month: "long", year: "numeric" });
const calendar = new Intl.DateTimeFormat("en-CA", { timeZone });
const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto" });

/** The day of a moment, as "2025-11-21". */
export const dayOf = (moment) => calendar.format(moment);

export function nameOfDay(day) {
  const today = dayOf(Date.now());
  const daysAgo = Math.round((Date.parse(today) - Date.parse(day)) / 86_400_000);
  if (daysAgo < 2) return relative.format(-daysAgo, "day");
  const noon = new Date(`${day}T12:00:00Z`);
  return (day.slice(0, 4) === today.slice(0, 4) ? thisYear : otherYear).format(noon);
}

/** A moment with its day, as one says it. */
export const dayAndTime = (moment) => medium.format(moment);
/** The time of a moment of today, else its day. */
export function briefly(moment) {
  const day = dayOf(moment);
  return day === dayOf(Date.now()) ? clock.format(moment) : nameOfDay(day);
}

export function showDayAndTime(element) {
  element.title = element.textContent = dayAndTime(new Date(element.dateTime));
}

/** Fill a <time> with what its `datetime` says. */
export function showTime(element) {
  const moment = new Date(element.dateTime);
  element.textContent = clock.format(moment);
  element.title = full.format(moment);
}
