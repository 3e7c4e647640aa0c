{% load static i18n %}{% get_current_language as LANGUAGE_CODE %}/** Shows the offline page instead of the browser's own when a page cannot be reached. Keeps that page
    only: its style and icons are in the browser's cache, for they never change under their names. */
// With other words or another style these bytes differ, and the browser fetches the page anew.
const CACHE = "offline {{ LANGUAGE_CODE }} {% static "css/site.css" %}";
const PAGE = "{% url "offline" %}";
// No other page has it: fetched with this one, so that it is in the browser's cache as well.
const SCRIPT = "{% static "js/returning.js" %}";

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll([PAGE, SCRIPT])));
  self.skipWaiting();
});

self.addEventListener("activate", (event) => {
  const forgetOlder = async () => {
    const names = await caches.keys();
    await Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name)));
  };
  event.waitUntil(forgetOlder());
});

const [ICON, BADGE] = ["{% static "icons/192.png" %}", "{% static "icons/badge.png" %}"];
importScripts("{% static "js/worker.js" %}");

self.addEventListener("fetch", (event) => {
  if (event.request.mode !== "navigate") return;
  event.respondWith(fetch(event.request).catch(() => caches.match(PAGE)));
});
