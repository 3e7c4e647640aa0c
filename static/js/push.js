/** Web Push in this browser: whether it is on, and turning it on and off. */

const urls = { devices: "/notices/devices/", unsubscribe: "/notices/devices/unsubscribe/" };

// That this browser was asked to tell, and in which session the site heard of it.
const MARK = "chatsite:push";

const registration = () => navigator.serviceWorker.ready;

async function post(url, fields) {
  const body = new FormData(document.getElementById("choices"));
  for (const [name, value] of Object.entries(fields)) body.set(name, value);
  const answer = await fetch(url, { method: "POST", body });
  if (!answer.ok) throw new Error(answer.status === 400 ? await answer.text() : "");
}

export const isSupported = () =>
  "PushManager" in window && "serviceWorker" in navigator && "Notification" in window;

/** "on", "off", "denied" or "unsupported". */
export async function state() {
  if (!isSupported()) return "unsupported";
  if (Notification.permission === "denied") return "denied";
  const subscription = await (await registration()).pushManager.getSubscription();
  return subscription && localStorage.getItem(MARK) ? "on" : "off";
}

/** Ask for the permission, subscribe, and tell the site. Throws when the site refuses. */
export async function turnOn(session = "") {
  if ((await Notification.requestPermission()) !== "granted") return state();
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
  localStorage.setItem(MARK, session || "on");
  return "on";
}

export async function turnOff() {
  localStorage.removeItem(MARK);
  const subscription = await (await registration()).pushManager.getSubscription();
  if (!subscription) return;
  await subscription.unsubscribe();
  await post(urls.unsubscribe, { endpoint: subscription.endpoint });
}

/** In another session than the last time, tell the site again: it forgot with the old one. */
export async function renew(session) {
  const mark = localStorage.getItem(MARK);
  if (!mark || mark === session || !isSupported()) return;
  if (Notification.permission === "granted") await turnOn(session);
}
