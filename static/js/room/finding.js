/** To the search with / or Ctrl or ⌘ + Shift + F, as with the way there: a link, or its field. */

export function enableSearchKeys(way) {
  document.addEventListener("keydown", (event) => {
    const isSlash = event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey;
    const isFind = event.key.toLowerCase() === "f" && event.shiftKey && (event.ctrlKey || event.metaKey);
    const isWriting = event.target.closest("input, textarea, dialog, [popover]");
    if (event.defaultPrevented || !(isFind || (isSlash && !isWriting))) return;
    event.preventDefault();
    way.focus();
    way.click();
  });
}
