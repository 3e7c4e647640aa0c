/** How many rooms and messages wait: on the icon in the tab, and on that of the installed app. */

const icon = document.querySelector("link[rel=icon]");
const plain = icon.href;

export function showCount(count) {
  icon.href = count ? icon.dataset.news : plain;
  // Only an installed app has such a place.
  (count ? navigator.setAppBadge?.(count) : navigator.clearAppBadge?.())?.catch(() => {});
}
