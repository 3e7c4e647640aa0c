/* How much waits, on every page of the admin: asked each second while somebody looks. */
const badge = document.getElementById("waiting");
const EVERY = 1000; // milliseconds

async function look() {
  if (!document.hidden) {
    try {
      const answer = await fetch(badge.dataset.url, { redirect: "error" });
      if (answer.ok) show(await answer.json());
    } catch {
      // The server is away, or one is signed out: the next page says so.
    }
  }
  setTimeout(look, EVERY);
}

function show({ count, said, url }) {
  if (Number(badge.dataset.count) === count) return;
  badge.classList.toggle("news", count > Number(badge.dataset.count));
  badge.dataset.count = count;
  badge.textContent = said;
  badge.href = url;
  badge.hidden = count === 0;
}

if (badge) setTimeout(look, EVERY);
