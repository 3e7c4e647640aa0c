// Opens what is folded around the message that an address names.
function unfold() {
  const message = document.getElementById(location.hash.slice(1));
  const thread = message?.closest("details");
  if (thread && !thread.open) {
    thread.open = true;
    message.scrollIntoView();
  }
}

addEventListener("hashchange", unfold);
unfold();
