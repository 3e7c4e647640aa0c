/** Web Push in this browser: whether it is on, and turning it on and off. */

import { post } from "./posting.js";
import { markOf } from "./push-mark.js";

const urls = { devices: "/notices/devices/", unsubscribe: "/notices/devices/unsubscribe/" };

const registration = () => navigator.serviceWorker.ready;

export const isSupported = () =>
  "PushManager" in window && "serviceWorker" in navigator && "Notification" in window;

/** How it stands for `person`, by id: "on", "off", "denied" or "unsupported". */
export async function state(person) {
  if (!isSupported()) return "unsupported";
  if (Notification.permission === "denied") return "denied";
  const subscription = await (await registration()).pushManager.getSubscription();
  return subscription && localStorage.getItem(markOf(person)) ? "on" : "off";
}

/** Ask for the permission, subscribe, and tell the site. Gives the state(); throws when the site or
    the browser's push service refuses. */
export async function turnOn(person, session = "") {
  if ((await Notification.requestPermission()) !== "granted") return state(person);
  const { pushManager } = await registration();
  const { key } = await (await fetch(urls.devices)).json();
  const options = { userVisibleOnly: true, applicationServerKey: key };
  const subscription = await pushManager.subscribe(options).catch(async (error) => {
    // Subscribed by an older key of the site.
    const old = await pushManager.getSubscription();
    if (!(await old?.unsubscribe())) throw error;
    return pushManager.subscribe(options);
  });
  const { endpoint, keys } = subscription.toJSON();
  await post(urls.devices, { endpoint, ...keys });
  localStorage.setItem(markOf(person), session || "on");
  return "on";
}

export async function turnOff(person) {
  localStorage.removeItem(markOf(person));
  const subscription = await (await registration()).pushManager.getSubscription();
  if (!subscription) return;
  await subscription.unsubscribe();
  await post(urls.unsubscribe, { endpoint: subscription.endpoint });
}

/** In another session than the last time, tell the site again: it forgot with the old one. */
export async function renew(person, session) {
  const mark = localStorage.getItem(markOf(person));
  if (!mark || mark === session || !isSupported()) return;
  if (Notification.permission === "granted") await turnOn(person, session);
}
