/** Let the browser keep the page that says one is offline. Needs HTTPS or localhost. */
export function keepOfflinePage() {
  const { worker } = document.documentElement.dataset;
  if (worker) navigator.serviceWorker?.register(worker);
}
