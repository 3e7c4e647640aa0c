/** On the page that says one is offline: goes back as soon as the site answers again. */

const LOOK_EVERY = 3000;
const itself = document.querySelector("[data-offline]").dataset.offline;

async function look() {
  // Not a visit, so the worker lets it through; a proxy that has lost the site says 502 to 504.
  const answer = await fetch(location.href, { method: "HEAD", cache: "no-store" }).catch(() => null);
  if (answer && answer.status < 500) location.reload();
  else setTimeout(look, LOOK_EVERY);
}

// The page itself can be visited too, and is not to be left.
if (location.pathname !== itself) setTimeout(look, LOOK_EVERY);
