/** Notices in the service worker: from the push service, and from pages that nobody looks at. */

const isSeen = (tab) => tab.visibilityState === "visible";
const tabs = () => self.clients.matchAll({ type: "window", includeUncontrolled: true });

async function show({ title, body, url, tag }, isEnough) {
  if ((await tabs()).some(isEnough)) return;
  const look = { icon: ICON, badge: BADGE };
  await self.registration.showNotification(title, { body, tag, ...look, data: { url } });
}

self.addEventListener("push", (event) => {
  const notice = event.data.json();
  const path = new URL(notice.url, self.location).pathname;
  const isThere = (tab) => isSeen(tab) && new URL(tab.url).pathname === path;
  event.waitUntil(show(notice, isThere));
});

self.addEventListener("message", (event) => {
  const showUnlessPushed = async () => {
    const isPushed = await self.registration.pushManager?.getSubscription();
    if (!isPushed) await show(event.data, isSeen);
  };
  event.waitUntil(showUnlessPushed());
});

self.addEventListener("notificationclick", (event) => {
  const { url } = event.notification.data;
  event.notification.close();
  const open = async () => {
    const target = new URL(url, self.location);
    const near = (await tabs()).filter((tab) => new URL(tab.url).pathname === target.pathname);
    const isThere = ({ url }) =>
      url === target.href || (!target.search && !new URL(url).searchParams.has("thread"));
    const there = near.find(isThere);
    if (there) return there.focus();
    // A thread, or one message, of a room that is open. A tab from before the worker cannot be led.
    const led = await near[0]?.navigate(target.href).catch(() => null);
    return led ? led.focus() : self.clients.openWindow(target.href);
  };
  event.waitUntil(open());
});
